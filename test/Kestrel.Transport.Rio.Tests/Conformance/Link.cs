using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>A connection: the request queue under test and its peer.</summary>
internal sealed record Link(RequestQueue Queue, ulong SocketContext, RemoteEnd Peer);
