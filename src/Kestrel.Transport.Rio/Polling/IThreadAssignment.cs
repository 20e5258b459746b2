using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>Something that a pooled thread runs.</summary>
internal interface IThreadAssignment
{
    /// <summary>Runs it on the current thread.</summary>
    /// <param name="activity">What the system shows of the thread, or null.</param>
    /// <returns>Whether application code blocked the thread, so that <see cref="OnThreadBack"/> follows.</returns>
    bool Run(ThreadActivity? activity);

    /// <summary>The thread can be used again. Any thread.</summary>
    void OnThreadBack();
}
