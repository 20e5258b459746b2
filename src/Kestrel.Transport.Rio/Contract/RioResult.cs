using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// One completion. Windows: <c>RIORESULT</c> (mswsockdef.h), field by field. Linux: made from a <c>struct io_uring_cqe</c>.
/// </summary>
/// <remarks>
/// <see cref="SocketError"/> is Winsock's numbering on every platform, so <c>RIORESULT.Status</c> is one as it stands and
/// an errno becomes one at the border of the io_uring provider. Success with 0 bytes on a receive is the peer's FIN.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RioResult(SocketError Status, uint BytesTransferred, ulong SocketContext, ulong RequestContext);
