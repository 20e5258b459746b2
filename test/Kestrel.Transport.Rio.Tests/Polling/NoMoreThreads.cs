namespace Kestrel.Transport.Rio.Tests.Polling;

internal static class NoMoreThreads
{
    /// <summary>What starting a thread throws on a machine that gives no more of them.</summary>
    public static Exception Exception { get; } = new OutOfMemoryException("No more threads.");
}
