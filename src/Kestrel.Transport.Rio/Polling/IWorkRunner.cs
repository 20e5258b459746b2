using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Runs the application work of one poller. The members are for the poller's thread, unless they say otherwise.
/// </summary>
internal interface IWorkRunner
{
    /// <summary>Whether work waits for the poller's thread.</summary>
    bool HasWork { get; }

    /// <summary>A word that grows with each call of application code and each return from one: odd during a call. Any thread.</summary>
    long CallWord { get; }

    /// <summary>How often application code was called on the poller's thread. Any thread.</summary>
    long Calls => (CallWord + 1) >> 1;

    /// <summary>Makes the scheduler of a connection. One for all connections may do. Any thread.</summary>
    ApplicationScheduler CreateScheduler(string connectionId);

    /// <summary>Adds work for the next call of <see cref="Run"/>.</summary>
    void Add(in ReadyWork work);

    /// <summary>The current thread runs the poller's passes from here on.</summary>
    /// <param name="activity">What the system shows of the thread, or null.</param>
    void OnLeading(ThreadActivity? activity);

    /// <summary>For how long no thread has run the poller, once after each hand-over; otherwise null.</summary>
    TimeSpan? TakeStandstill();

    /// <summary>Runs the work that is ready.</summary>
    /// <returns>False when another thread has taken the poller over. The caller must not touch the poller again.</returns>
    bool Run();

    /// <summary>The pass ends: work for the thread pool goes there.</summary>
    void Deliver();

    /// <summary>The poller has ended: all work goes to the thread pool.</summary>
    void LeaveToThreadPool();

    /// <summary>A thread that was replaced can be used again. Any thread.</summary>
    void OnThreadBack();

    /// <summary>Runs about once a second. Any thread.</summary>
    void RunUpkeep();
}
