using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Platform;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Runs a poller's passes, from its start until everything on it has drained: on a thread of its own, or on one of a pool's at a time.
/// </summary>
internal sealed class PollerThread : MailboxItem, IThreadAssignment
{
    // One pass may have broken what the next one needs; after so many there is no hope that what is outstanding ends.
    private const int MaxFailedPasses = 16;

    private readonly CompletionPoller _poller;
    private readonly ILogger _logger;
    private readonly IThreadSource? _threads;
    private readonly Action<Thread> _startThread;
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _drainTimeout;
    private long _stopStarted;
    private int _failedPasses;
    private volatile bool _wasHeld;

    /// <param name="poller">The poller.</param>
    /// <param name="logger">The log.</param>
    /// <param name="threads">The threads that may run the poller; null for one of its own.</param>
    /// <param name="startThread">Starts a thread; null for the system's way.</param>
    public PollerThread(CompletionPoller poller, ILogger logger, IThreadSource? threads = null, Action<Thread>? startThread = null)
    {
        _poller = poller;
        _logger = logger;
        _threads = threads;
        _startThread = startThread ?? (static thread => thread.UnsafeStart());
    }

    public CompletionPoller Poller => _poller;

    public bool HasEnded => _ended.Task.IsCompleted;

    /// <exception cref="InvalidOperationException">The machine gives no thread.</exception>
    public void Start()
    {
        if (_threads is not null)
        {
            if (!_threads.TryAssign(this))
            {
                throw new InvalidOperationException("The machine gives no thread for a poller.");
            }

            return;
        }

        var thread = new Thread(RunThread) { Name = $"Rio poller {_poller.Index}", IsBackground = true };
        try
        {
            _startThread(thread);
        }
        catch (OutOfMemoryException e)
        {
            throw new InvalidOperationException("The machine gives no thread for a poller.", e);
        }
    }

    /// <summary>
    /// Ends everything on the poller and then its thread. False when something did not drain in time. Its memory must then stay registered
    /// permanently.
    /// </summary>
    public Task<bool> StopAsync(TimeSpan drainTimeout)
    {
        _drainTimeout = drainTimeout;
        _poller.Post(this);
        return _ended.Task;
    }

    /// <summary>
    /// Completes when the poller executes an item that is posted now, or has ended. That is immediately, unless application code
    /// holds its thread.
    /// </summary>
    public Task AnswerAsync()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _poller.Post(new PollerAction(answer.SetResult));
        return Task.WhenAny(answer.Task, _ended.Task);
    }

    /// <summary>Application code has the thread while the poller stops: that is not the time of the drain. Any thread.</summary>
    public void OnHeld() => _wasHeld = true;

    /// <summary>The stop, on the poller's own thread.</summary>
    public override void Execute()
    {
        _stopStarted = Stopwatch.GetTimestamp();
        _poller.BeginStop();
    }

    /// <summary>Runs passes on the current thread. False when another thread has taken the poller over.</summary>
    /// <param name="activity">What the system shows of the current thread, or null.</param>
    public bool Lead(ThreadActivity? activity = null)
    {
        try
        {
            _poller.Bind();
            _poller.Runner.OnLeading(activity);
            if (RunPasses() is not { } hasDrained)
            {
                return false;
            }

            // An application may take up a connection, or go on with one, that ended before the poller did: its first read is told
            // by way of the poller.
            _poller.LeaveToThreadPool();
            _ended.SetResult(hasDrained);
        }
        catch (Exception e)
        {
            PollerEnd.Leak(_poller);
            _poller.Die(e);
            _poller.End.Abandon();
            _poller.LeaveToThreadPool();
            _ended.SetResult(false);
        }
        finally
        {
            CompletionPoller.Unbind();
        }

        return true;
    }

    /// <summary>Leads, until the poller has ended or application code has kept the thread for so long that another leads.</summary>
    public bool Run(ThreadActivity? activity) => !Lead(activity);

    public void OnThreadBack() => _poller.Runner.OnThreadBack();

    private void RunThread()
    {
        ThreadLeftovers.BeginThread();
        Lead();
    }

    /// <summary>Whether everything has drained; null when another thread has taken the poller over.</summary>
    private bool? RunPasses()
    {
        using var cache = _poller.MemoryPool.AttachToCurrentThread();
        _poller.BeginLeading();
        while (!_poller.IsStopping || !_poller.IsDrained)
        {
            var left = Timeout.InfiniteTimeSpan;
            if (_poller.IsStopping)
            {
                left = _drainTimeout - Stopwatch.GetElapsedTime(_stopStarted);
                if (left <= TimeSpan.Zero && _wasHeld)
                {
                    _wasHeld = false;
                    _stopStarted = Stopwatch.GetTimestamp();
                    continue;
                }

                if (left <= TimeSpan.Zero)
                {
                    RioLog.DrainTimedOut(_logger, _poller.Index, _poller.Connections, _poller.Outstanding);
                    PollerEnd.Leak(_poller);
                    return false;
                }
            }

            if (_poller.End.TimeToAbandon is { } rest)
            {
                if (rest <= TimeSpan.Zero)
                {
                    _poller.End.Abandon();
                    continue;
                }

                left = left == Timeout.InfiniteTimeSpan || rest < left ? rest : left;
            }

            if (!TryRunPass(left))
            {
                return null;
            }
        }

        _poller.Close();
        return true;
    }

    /// <summary>False when another thread has taken the poller over.</summary>
    private bool TryRunPass(TimeSpan maxWait)
    {
        try
        {
            return _poller.RunPass(maxWait);
        }
        catch (Exception e) when (++_failedPasses < MaxFailedPasses)
        {
            _poller.Die(e);
            return true;
        }
    }
}
