using System.Net;
using System.Net.Sockets;

namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// A connected socket on its way from the accept queue to the request queue that will own it. Its holder closes
/// it: by making a request queue of it, or by <see cref="RegisteredIo.Discard"/>.
/// </summary>
/// <param name="Handle">The file descriptor, which is non-blocking, or the <c>SOCKET</c>.</param>
/// <param name="Socket">
/// The managed socket where accepting needs one to begin with (AcceptEx takes a socket that was made before);
/// null where it is made on the first use.
/// </param>
/// <param name="RemoteEndPoint">
/// The peer's address, from the accept: a socket whose peer has reset the connection has none. Null where
/// the kernel returned none.
/// </param>
internal readonly record struct AcceptedSocket(nint Handle, Socket? Socket, EndPoint? RemoteEndPoint);
