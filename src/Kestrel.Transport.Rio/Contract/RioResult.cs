using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// One completion. Windows: <c>RIORESULT</c> (mswsockdef.h), field by field. Linux: made from a <c>struct io_uring_cqe</c>.
/// </summary>
/// <remarks>
/// <see cref="SocketError"/> has Winsock's numbers on every platform, so <c>RIORESULT.Status</c> needs no translation. The io_uring
/// provider translates each errno. Success with 0 bytes on a receive is the peer's FIN.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RioResult(SocketError Status, uint BytesTransferred, ulong SocketContext, ulong RequestContext);
