using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// The accepts of one endpoint, on one poller. As an item of the mailbox it stands for the start, and later for the wish of
/// another thread that it ends. Accepting pauses while Kestrel does not take up accepted connections.
/// </summary>
#pragma warning disable CA1001 // The retry's timer is disposed when the loop ends, which it does on its poller.
internal sealed class AcceptLoop : CompletionTarget
#pragma warning restore CA1001
{
    // While descriptors or memory are short: often enough to go on as soon as there are some.
    private static readonly TimeSpan s_retryDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_logInterval = TimeSpan.FromSeconds(1);

    private readonly CompletionPoller _poller;
    private readonly Socket _listenSocket;
    private readonly EndPoint _endPoint;
    private readonly Action<AcceptedSocket> _onAccepted;
    private readonly ILogger _logger;
    private readonly Action<Exception>? _onPollerDied;
    private readonly AcceptBound _bound;
    private readonly PollerAction _reconsider;
    private readonly TimeProvider _time;
    private readonly ITimer _retry;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private AcceptQueue? _acceptQueue;
    private ulong _key;
    private long? _lastLogged;
    private bool _isPaused = true;
    private bool _hasEnded;
    private bool _isLost;
    private volatile bool _stopping;

    public AcceptLoop(
        CompletionPoller poller,
        Socket listenSocket,
        EndPoint endPoint,
        Action<AcceptedSocket> onAccepted,
        ILogger logger,
        TimeProvider? timeProvider = null,
        Action<Exception>? onPollerDied = null,
        AcceptBound? bound = null)
    {
        _poller = poller;
        _listenSocket = listenSocket;
        _endPoint = endPoint;
        _onAccepted = onAccepted;
        _logger = logger;
        _onPollerDied = onPollerDied;
        _bound = bound ?? new AcceptBound();
        _reconsider = new PollerAction(Reconsider);
        var rearm = new PollerAction(Rearm);
        _time = timeProvider ?? TimeProvider.System;
        _retry = WithoutContext.Make(
            () => _time.CreateTimer(_ => poller.Post(rearm), state: null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan));
    }

    public CompletionPoller Poller => _poller;

    public void Start() => _poller.Post(this);

    /// <summary>Has accepting go on when Kestrel has taken up enough. Any thread.</summary>
    public void OnTakenUp() => _poller.Post(_reconsider);

    /// <summary>Ends the accepts. When the task has completed, the listening socket is no longer used.</summary>
    public Task StopAsync()
    {
        _stopping = true;
        _poller.Post(this);
        return _ended.Task;
    }

    public override void Execute()
    {
        if (_stopping)
        {
            Stop();
            return;
        }

        if (_poller.CauseOfDeath is { } cause)
        {
            OnPollerDied(cause);
            return;
        }

        _key = _poller.Register(this);
        Reconsider();
    }

    public override void OnCompletion(in RioResult result)
    {
        if (result.Status == SocketError.Success)
        {
            Accept(result);
            if (_bound.IsReached)
            {
                // Behind this batch of completions, in which the one that ends the queue may be.
                _poller.Post(_reconsider);
            }
        }
        else if (_stopping || _isLost)
        {
            // It may have failed by itself, before the stop has been taken up.
            _acceptQueue!.Close();
            End();
        }
        else if (_isPaused)
        {
            // The last completion of the queue that the pause has closed.
            _acceptQueue = null;
            _poller.Post(_reconsider);
        }
        else if (IsOfTheConnection(result.Status))
        {
            RioLog.AcceptAborted(_logger, Name, result.Status.ToString());
            Arm();
        }
        else
        {
            Postpone(result.Status);
        }
    }

    /// <summary>Accepts go on, and the connections go to other pollers.</summary>
    public override void OnCompletionQueueFailed(string reason)
    {
    }

    public override void OnPollerStopping()
    {
        _stopping = true;
        Stop();
    }

    /// <summary>Accepts go on elsewhere while these end.</summary>
    public override void OnPollerDied(Exception cause)
    {
        _isLost = true;
        if (!_stopping)
        {
            _onPollerDied?.Invoke(cause);
        }

        Stop();
    }

    public override void OnPollerAbandoned() => End();

    private string Name => _endPoint.ToString() ?? "";

    /// <summary>The error is the one connection's that was to be accepted (accept(2), "Error handling").</summary>
    private static bool IsOfTheConnection(SocketError error) => error is
        SocketError.ConnectionAborted or SocketError.ConnectionReset or SocketError.NetworkDown
        or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.HostUnreachable or SocketError.Interrupted;

    private void Accept(in RioResult result)
    {
        AcceptedSocket socket;
        try
        {
            socket = _acceptQueue!.TakeAccepted(result);
        }
        catch (Exception e)
        {
            // It is the one connection's, and the queue has gone on to the next.
            RioLog.AcceptAborted(_logger, Name, e.Message);
            return;
        }

        _onAccepted(socket);
    }

    private void Postpone(SocketError error)
    {
        var now = _time.GetTimestamp();
        if (_lastLogged is not { } last || _time.GetElapsedTime(last, now) >= s_logInterval)
        {
            _lastLogged = now;
            RioLog.AcceptPostponed(_logger, Name, error.ToString());
        }

        _retry.Change(s_retryDelay, Timeout.InfiniteTimeSpan);
    }

    private void Rearm()
    {
        // It may have paused and gone on since the retry was set.
        if (!_stopping && !_isLost && _acceptQueue is { IsArmed: false })
        {
            Arm();
        }
    }

    private void Reconsider()
    {
        if (_stopping || _isLost || _hasEnded)
        {
            return;
        }

        if (!_isPaused)
        {
            if (_bound.IsReached)
            {
                Pause();
            }
        }
        else if (_acceptQueue is null && _bound.MayResume)
        {
            _isPaused = false;
            Arm();
        }
    }

    private void Pause()
    {
        RioLog.AcceptPaused(_logger, Name, AcceptBound.Max);
        _isPaused = true;
        var wasArmed = _acceptQueue!.IsArmed;
        _acceptQueue.Close();
        if (!wasArmed)
        {
            // It waits after an error: no completion will come.
            _acceptQueue = null;
        }
    }

    private void Arm()
    {
        try
        {
            _acceptQueue ??= _poller.CreateAcceptQueue(_listenSocket, _key);
            _acceptQueue.Arm();
        }
        catch (ObjectDisposedException)
        {
            RioLog.AcceptsEnded(_logger, Name, "The application has disposed its listening socket.");
            _acceptQueue?.Close();
            _acceptQueue = null;
            End();
        }
    }

    private void Stop()
    {
        // Stopped before it was started, or while it waits after an error: no completion will come.
        var wasArmed = _acceptQueue is { IsArmed: true };
        _acceptQueue?.Close();
        if (!wasArmed)
        {
            End();
        }
    }

    private void End()
    {
        if (_hasEnded)
        {
            return;
        }

        _hasEnded = true;
        _retry.Dispose();
        if (_key != 0)
        {
            _poller.Unregister(_key);
        }

        _ended.SetResult();
    }
}
