using System.IO.Pipelines;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Runs the application code of one connection on its poller, and on the thread pool for a while after it has kept the poller
/// too long: one slow route shall not cost a hand-over for each request.
/// </summary>
internal sealed class AdaptiveScheduler(CompletionPoller poller, string connectionId) : PipeScheduler
{
    // Once is no habit (a first request has code compiled), so the first stay is short; it doubles each time that it was not
    // long enough.
    private const long FirstStayMilliseconds = 1000;
    private const long LongestStayMilliseconds = 5 * 60_000;

    // All three are the leader's.
    private bool _isOnPool;
    private long _leavesAt;
    private long _stay;

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
    public bool IsOnPool() => _isOnPool && (_isOnPool = Environment.TickCount64 < _leavesAt);

    /// <summary>Its work has kept the poller too long. Only inside.</summary>
    public void OnKeptTooLong()
    {
        var now = Environment.TickCount64;

        // After as much time off the pool as it had on it, what was is forgotten.
        var isHabit = _stay != 0 && now - _leavesAt < _stay;
        _stay = isHabit ? Math.Min(2 * _stay, LongestStayMilliseconds) : FirstStayMilliseconds;
        _leavesAt = now + _stay;
        _isOnPool = true;
    }
}
