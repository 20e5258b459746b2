using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>One bound endpoint: accepts on one poller, on another one when that dies, and opens each connection on the poller with the fewest.</summary>
internal sealed class RioConnectionListener : IConnectionListener
{
    // An accept ends in well under a millisecond, unless application code holds its poller for so long: then only the listening
    // socket waits for it.
    private static readonly TimeSpan s_unbindTimeout = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan s_longestUnbind = TimeSpan.FromSeconds(5);

    private readonly RioTransportOptions _options;
    private readonly PollerGroup _pollers;
    private readonly Func<ValueTask> _onDisposed;
    private readonly ILogger _logger;
    private readonly Socket _listenSocket;
    private readonly Lock _acceptLock = new();

    // The last one accepts; those before it were on pollers that have died.
    private readonly List<AcceptLoop> _acceptLoops = [];
    private readonly AcceptBound _bound = new();
    private readonly Dictionary<CompletionPoller, ConnectionSettings> _settings;
    private readonly Channel<RioConnection> _accepted = Channel.CreateUnbounded<RioConnection>();
    private readonly Lazy<Task> _unbind;
    private volatile AcceptLoop? _acceptLoop;
    private bool _isUnbinding;
    private int _disposed;

    public RioConnectionListener(
        Socket listenSocket, EndPoint endPoint, RioTransportOptions options, PollerGroup pollers, Func<ValueTask> onDisposed, ILogger logger)
    {
        _listenSocket = listenSocket;
        EndPoint = endPoint;
        _options = options;
        _pollers = pollers;
        _onDisposed = onDisposed;
        _logger = logger;
        _settings = pollers.Pollers.ToDictionary(static poller => poller, poller => new ConnectionSettings(_options, poller, logger));
        _unbind = new Lazy<Task>(UnbindCoreAsync);
    }

    public EndPoint EndPoint { get; }

    public void Start() => StartAccepts(_pollers.ChooseForListener());

    /// <exception cref="InvalidOperationException">Every poller has died.</exception>
    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        // Anything thrown here ends Kestrel's accept loop for good, so only the caller's own cancellation is.
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
        {
            if (_accepted.Reader.TryRead(out var connection))
            {
                OnTakenUp();
                return connection;
            }
        }

        return null;
    }

    /// <summary>
    /// The token is ignored. A host that is disposed without a stop passes a cancelled one, and still expects the unbind. It is quick;
    /// nothing here waits for a peer, or for application code.
    /// </summary>
    public async ValueTask UnbindAsync(CancellationToken cancellationToken = default) => await _unbind.Value;

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        await _unbind.Value;
        while (_accepted.Reader.TryRead(out var connection))
        {
            // Nobody will take it any more. Its poller ends after it, and that is waited for.
            connection.Abort(new ConnectionAbortedException("The endpoint was closed before the connection was taken up."));
            _ = connection.DisposeAsync().AsTask();
        }

        await _onDisposed();
    }

    /// <summary>Makes the connection on its poller. The poller's thread only.</summary>
    public void Open(CompletionPoller poller, AcceptedSocket socket)
    {
        if (poller.IsStopping)
        {
            poller.ReleaseConnection();
            _pollers.Discard(socket);
            OnTakenUp();
            return;
        }

        if (poller.IsLost)
        {
            OpenElsewhere(poller, socket);
            return;
        }

        if (!TryOpen(poller, socket, out var connection))
        {
            poller.ReleaseConnection();
            return;
        }

        try
        {
            connection.Start();
        }
        catch
        {
            // The poller dies of it, and no application has the connection that could give its half back.
            _ = connection.DisposeAsync().AsTask();
            OnTakenUp();
            throw;
        }

        if (connection.AbortReason is not null || !_accepted.Writer.TryWrite(connection))
        {
            connection.Abort(new ConnectionAbortedException("The endpoint was closed before the connection was taken up."));
            _ = connection.DisposeAsync().AsTask();
            OnTakenUp();
        }
    }

    /// <summary>Whatever goes wrong with one peer's socket ends that connection, and is nothing to the poller.</summary>
    private bool TryOpen(CompletionPoller poller, AcceptedSocket socket, [NotNullWhen(true)] out RioConnection? connection)
    {
        connection = null;
        try
        {
            var opened = new RioConnection(_settings[poller]);
            var error = opened.Open(socket, EndPoint);
            if (error == SocketError.Success)
            {
                connection = opened;
                return true;
            }

            Refused($"its poller could make no request queue for it ({error}).");
        }
        catch (Exception e)
        {
            // Nobody has taken the socket over.
            _pollers.Discard(socket);
            Refused(e.Message);
        }

        return false;
    }

    private void OnAccepted(AcceptedSocket socket)
    {
        _bound.Add();
        Send(socket, _pollers.ChooseForConnection());
    }

    /// <summary>Kestrel has the connection, or nobody will have it.</summary>
    private void OnTakenUp()
    {
        if (_bound.Remove())
        {
            _acceptLoop?.OnTakenUp();
        }
    }

    private void StartAccepts(CompletionPoller poller)
    {
        lock (_acceptLock)
        {
            if (!_isUnbinding)
            {
                var acceptLoop = new AcceptLoop(poller, _listenSocket, EndPoint, OnAccepted, _logger, timeProvider: null, OnPollerDied, _bound);
                _acceptLoops.Add(acceptLoop);
                _acceptLoop = acceptLoop;
                acceptLoop.Start();
            }
        }
    }

    private void OnPollerDied(Exception cause)
    {
        var poller = _pollers.ChooseForListener();
        if (!poller.IsDead)
        {
            StartAccepts(poller);
            return;
        }

        var error = new InvalidOperationException($"There is no poller left that could accept; the last one died: {cause.Message}", cause);
        RioLog.AcceptsEnded(_logger, EndPoint.ToString() ?? "", error.Message);
        _accepted.Writer.TryComplete(error);

        // Who connects now is refused by the kernel, and does not wait for nobody.
        _ = _unbind.Value;
    }

    private void Send(AcceptedSocket socket, CompletionPoller poller)
    {
        poller.ReserveConnection();
        poller.Post(new ConnectionArrival(this, poller, socket));
    }

    /// <summary>The poller has lost its completion queue while the connection was on its way, or all have.</summary>
    private void OpenElsewhere(CompletionPoller lost, AcceptedSocket socket)
    {
        lost.ReleaseConnection();
        var poller = _pollers.ChooseForConnection();
        if (poller.IsLost)
        {
            _pollers.Discard(socket);
            Refused("no poller is left that could serve it.");
        }
        else
        {
            Send(socket, poller);
        }
    }

    private void Refused(string reason)
    {
        OnTakenUp();
        RioLog.ConnectionRefused(_logger, EndPoint.ToString() ?? "", reason);
    }

    private async Task UnbindCoreAsync()
    {
        AcceptLoop[] acceptLoops;
        lock (_acceptLock)
        {
            _isUnbinding = true;
            acceptLoops = [.. _acceptLoops];
        }

        var closed = CloseAfterAsync(Task.WhenAll(acceptLoops.Select(static acceptLoop => acceptLoop.StopAsync())));
        var calls = Watch(acceptLoops);
        var start = Stopwatch.GetTimestamp();
        while (!await closed.CompletesWithinAsync(s_unbindTimeout))
        {
            if (Array.Exists(calls, static call => call.IsSameCall) || Stopwatch.GetElapsedTime(start) > s_longestUnbind)
            {
                RioLog.UnbindPostponed(_logger, EndPoint.ToString() ?? "");
                break;
            }

            calls = Watch(acceptLoops);
        }

        _accepted.Writer.TryComplete();
    }

    private static CallWatch[] Watch(AcceptLoop[] acceptLoops) => Array.ConvertAll(acceptLoops, static acceptLoop => new CallWatch(acceptLoop.Poller));

    /// <summary>The kernel may accept by the socket's number until then, and that must not become another socket's.</summary>
    private async Task CloseAfterAsync(Task accepts)
    {
        await accepts;
        _listenSocket.Dispose();
    }
}
