using System.IO.Pipelines;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Runs the application code of one connection on its poller, and on the thread pool for a while after it has kept the poller
/// too long: one slow route shall not cost a hand-over for each request.
/// </summary>
internal sealed class AdaptiveScheduler(CompletionPoller poller, string connectionId) : PipeScheduler
{
    // Doubled each time that it has kept the poller again.
    private static readonly TimeSpan s_firstStay = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_longestStay = TimeSpan.FromMinutes(5);

    // Both are the leader's.
    private TimeSpan _stay;
    private long _leavesAt;

    public string ConnectionId => connectionId;

    public override void Schedule(Action<object?> action, object? state)
    {
        if (poller.IsOnOwnThread)
        {
            poller.Schedule(new ReadyWork(action, state, this));
        }
        else
        {
            System.Threading.ThreadPool.UnsafeQueueUserWorkItem(action, state, preferLocal: false);
        }
    }

    /// <summary>Whether its work goes to the thread pool. The leader only.</summary>
    public bool IsOnPool()
    {
        if (_leavesAt == 0)
        {
            return false;
        }

        if (Environment.TickCount64 < _leavesAt)
        {
            return true;
        }

        _leavesAt = 0;
        return false;
    }

    /// <summary>Its work has kept the poller too long. Only inside.</summary>
    public void OnKeptTooLong()
    {
        var doubled = _stay + _stay;
        _stay = doubled < s_firstStay ? s_firstStay : doubled < s_longestStay ? doubled : s_longestStay;
        _leavesAt = Environment.TickCount64 + (long)_stay.TotalMilliseconds;
    }
}
