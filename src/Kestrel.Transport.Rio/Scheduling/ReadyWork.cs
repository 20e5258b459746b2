using System.Runtime.ExceptionServices;
using Kestrel.Transport.Rio.Scheduling.Adaptive;

namespace Kestrel.Transport.Rio.Scheduling;

/// <summary>Application work that is ready to run.</summary>
/// <param name="Action">The continuation.</param>
/// <param name="State">Its argument.</param>
/// <param name="Source">The connection that it is for, where the poller adapts to what its work does; otherwise null.</param>
internal readonly record struct ReadyWork(Action<object?> Action, object? State, AdaptiveScheduler? Source = null)
{
    /// <summary>Runs it. Its exception is not the caller's.</summary>
    public void Run()
    {
        try
        {
            Action(State);
        }
        catch (Exception e)
        {
            // On the thread pool an exception that nobody catches ends the process. So it does here, but not by way of a
            // dead poller: the thread pool throws it.
            ThreadPool.UnsafeQueueUserWorkItem(static error => error.Throw(), ExceptionDispatchInfo.Capture(e), preferLocal: false);
        }
    }
}
