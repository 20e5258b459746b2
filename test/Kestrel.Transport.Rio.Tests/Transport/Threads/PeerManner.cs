namespace Kestrel.Transport.Rio.Tests.Transport.Threads;

/// <summary>What the peer does when it has written all.</summary>
internal enum PeerManner
{
    Finish,
    ReadLateAndFinish,
    Reset,
}
