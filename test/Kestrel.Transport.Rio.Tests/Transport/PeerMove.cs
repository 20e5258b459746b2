namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>What a peer does.</summary>
public enum PeerMove
{
    Writes,
    Finishes,
    Resets,
}
