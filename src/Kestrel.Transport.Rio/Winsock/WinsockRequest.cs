using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>A request that was accepted.</summary>
internal struct WinsockRequest
{
    public RioBuffer Buffer;
    public ulong Context;

    /// <summary>Its completion was dequeued, and that of an older one was not.</summary>
    public bool IsCompleted;
}
