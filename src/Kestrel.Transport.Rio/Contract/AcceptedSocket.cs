using System.Net;
using System.Net.Sockets;

namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// A connected socket on its way from the accept queue to the request queue that will own it. Whoever holds it closes
/// it: by making a request queue of it, or by <see cref="RegisteredIo.Discard"/>.
/// </summary>
/// <param name="Handle">The file descriptor, which is non-blocking, or the <c>SOCKET</c>.</param>
/// <param name="Socket">
/// The managed socket where accepting needs one to begin with (AcceptEx takes a socket that was made before);
/// null where it is made when somebody asks for it.
/// </param>
/// <param name="RemoteEndPoint">
/// The peer's address, as accepting gave it: a peer that resets the connection takes it away from the socket. Null where
/// the kernel gave none.
/// </param>
internal readonly record struct AcceptedSocket(nint Handle, Socket? Socket, EndPoint? RemoteEndPoint);
