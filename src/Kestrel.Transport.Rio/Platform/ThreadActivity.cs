namespace Kestrel.Transport.Rio.Platform;

/// <summary>
/// What the system tells of a thread to others, so that they can tell code that waits or computes from code that has no
/// processor to run on. Any thread, but one at a time.
/// </summary>
internal abstract class ThreadActivity : IDisposable
{
    /// <summary>Whether it runs, or would if there were a processor for it. False while it waits for anything else.</summary>
    public abstract bool IsRunnable { get; }

    /// <summary>How long it has had a processor, since its start.</summary>
    public abstract TimeSpan ProcessorTime { get; }

    public abstract void Dispose();
}
