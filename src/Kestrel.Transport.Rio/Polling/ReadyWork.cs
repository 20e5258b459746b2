using System.Runtime.ExceptionServices;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>Application work that is ready to run.</summary>
/// <param name="Action">The continuation.</param>
/// <param name="State">Its argument.</param>
/// <param name="Source">The scheduler of its connection, where the runner learns from each connection; otherwise null.</param>
internal readonly record struct ReadyWork(Action<object?> Action, object? State, ApplicationScheduler? Source = null)
{
    /// <summary>Runs it. Its exception does not reach the caller.</summary>
    public void Run()
    {
        try
        {
            Action(State);
        }
        catch (Exception e)
        {
            // On the thread pool an unhandled exception ends the process. So it does here: the thread pool throws it, and the poller lives
            // on until then.
            ThreadPool.UnsafeQueueUserWorkItem(static error => error.Throw(), ExceptionDispatchInfo.Capture(e), preferLocal: false);
        }
    }
}
