using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>What a thread of the crew is called for.</summary>
internal interface IThreadAssignment
{
    /// <summary>Does it, on the current thread.</summary>
    /// <param name="activity">What the system shows of the thread, or null.</param>
    /// <returns>Whether application code kept the thread, so that <see cref="OnThreadBack"/> follows.</returns>
    bool Perform(ThreadActivity? activity);

    /// <summary>The thread can be used again. Any thread.</summary>
    void OnThreadBack();
}
