namespace Kestrel.Transport.Rio.Tests.Transport.Threads;

/// <summary>What the application does with a connection.</summary>
internal enum ServerManner
{
    Echo,
    AbortHalfway,
    CompleteOutputHalfway,
    DisposeHalfway,
}
