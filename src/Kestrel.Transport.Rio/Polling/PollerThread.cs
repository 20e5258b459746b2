using System.Diagnostics;
using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>The thread that runs a poller's passes, from its start until everything on it has drained.</summary>
internal sealed class PollerThread : MailboxItem
{
    private readonly CompletionPoller _poller;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly TaskCompletionSource<bool> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TimeSpan _drainTimeout;
    private long _stopStarted;

    public PollerThread(CompletionPoller poller, ILogger logger)
    {
        _poller = poller;
        _logger = logger;
        _thread = new Thread(Run) { Name = $"Rio poller {poller.Index}", IsBackground = true };
    }

    public CompletionPoller Poller => _poller;

    public void Start() => _thread.UnsafeStart();

    /// <summary>
    /// Ends everything on the poller and then its thread. False when something did not drain in time: then its memory must
    /// be kept, registered as it is, for good.
    /// </summary>
    public Task<bool> StopAsync(TimeSpan drainTimeout)
    {
        _drainTimeout = drainTimeout;
        _poller.Post(this);
        return _ended.Task;
    }

    /// <summary>The stop, on the poller's own thread.</summary>
    public override void Execute()
    {
        _stopStarted = Stopwatch.GetTimestamp();
        _poller.BeginStop();
    }

    private void Run()
    {
        try
        {
            _poller.Bind();
            _ended.SetResult(RunPasses());
        }
        catch (Exception e)
        {
            RioLog.PollerDied(_logger, e, _poller.Index);
            _poller.Die();
            _ended.SetResult(false);
        }
        finally
        {
            CompletionPoller.Unbind();
        }
    }

    private bool RunPasses()
    {
        using var cache = _poller.MemoryPool.AttachToCurrentThread();
        while (!_poller.IsStopping || !_poller.IsDrained)
        {
            var left = Timeout.InfiniteTimeSpan;
            if (_poller.IsStopping)
            {
                left = _drainTimeout - Stopwatch.GetElapsedTime(_stopStarted);
                if (left <= TimeSpan.Zero)
                {
                    RioLog.DrainTimedOut(_logger, _poller.Index, _poller.Connections, _poller.Outstanding);
                    return false;
                }
            }

            _poller.RunPass(left);
        }

        _poller.Close();
        return true;
    }
}
