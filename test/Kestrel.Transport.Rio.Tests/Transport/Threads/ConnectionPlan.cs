namespace Kestrel.Transport.Rio.Tests.Transport.Threads;

internal sealed record ConnectionPlan(int Bytes, int Piece, ServerManner Server, PeerManner Peer)
{
    /// <summary>Nobody does anything that loses bytes.</summary>
    public bool IsPeaceful => Server == ServerManner.Echo && Peer != PeerManner.Reset;
}
