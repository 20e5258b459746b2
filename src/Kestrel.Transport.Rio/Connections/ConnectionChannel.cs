using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Polling;
using Microsoft.AspNetCore.Connections;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// The poller's half of a connection: its request queue and its two directions. Only the poller's thread uses it, except for direct sends
/// through the request queue.
/// </summary>
internal sealed class ConnectionChannel : CompletionTarget
{
    public const int MaxOutstandingReceives = 1;

    /// <summary>64 KiB of blocks: as much as the default <see cref="RioTransportOptions.MaxWriteBufferSize"/> lets pile up.</summary>
    public const int MaxOutstandingSends = 16;

    private readonly ConnectionSettings _settings;
    private readonly RioConnection _connection;
    private readonly InboundFlow _inbound;
    private readonly OutboundFlow _outbound;
    private RequestQueue? _requestQueue;
    private ulong _key;
    private bool _isAbandoned;

    public ConnectionChannel(ConnectionSettings settings, RioConnection connection, InboundFlow inbound, OutboundFlow outbound)
    {
        _settings = settings;
        _connection = connection;
        _inbound = inbound;
        _outbound = outbound;
        inbound.Attach(this);
        outbound.Attach(this);
    }

    public ConnectionState State
    {
        get;
        private set
        {
            _settings.StateObserver?.OnConnection(_connection, field, value);
            field = value;
        }
    }

    /// <summary>Why the socket was closed; null while it is open. It goes before any error of the socket.</summary>
    public Exception? CloseReason { get; private set; }

    public bool IsOpen => State == ConnectionState.Open;

    public CompletionPoller Poller => _settings.Poller;

    public RequestQueue RequestQueue => _requestQueue!;

    /// <summary>Makes a request queue of the socket. When it is refused the socket is closed and the channel is of no more use.</summary>
    public SocketError Open(AcceptedSocket socket)
    {
        _key = Poller.Register(this);
        var error = SocketError.Fault;
        try
        {
            error = Poller.CreateRequestQueue(socket, _key, MaxOutstandingReceives, MaxOutstandingSends, out _requestQueue);
        }
        finally
        {
            if (error != SocketError.Success)
            {
                Poller.Unregister(_key);
            }
        }

        return error;
    }

    public void Start()
    {
        _inbound.Start();
        _outbound.Start();
        ReleaseIfDrained();
    }

    public override void OnCompletion(in RioResult result)
    {
        switch ((RequestKind)result.RequestContext)
        {
            case RequestKind.WaitForData:
                _inbound.OnDataAvailable(result.Status);
                break;
            case RequestKind.Receive:
                _inbound.OnReceived(result.Status, (int)result.BytesTransferred);
                break;
            default:
                _outbound.OnSent(result.Status);
                break;
        }

        ReleaseIfDrained();
    }

    /// <summary>The abort that another thread asked for.</summary>
    public override void Execute()
    {
        CloseSocket(_connection.AbortReason);
        ReleaseIfDrained();
    }

    public override void OnCompletionQueueFailed(string reason) => EndBecauseOf(new ConnectionAbortedException(reason));

    public override void OnPollerStopping()
        => _connection.Abort(new ConnectionAbortedException("The transport is stopping."));

    public override void OnPollerDied(Exception cause)
        => EndBecauseOf(new ConnectionAbortedException($"The connection was aborted because its poller died: {cause.Message}", cause));

    public override void OnPollerAbandoned()
    {
        // A wait for data that is still outstanding holds no memory, and its completion is not awaited.
        _isAbandoned = true;
        if (_inbound.TryAbandon(RequestQueue.OutstandingReceives == 0) & _outbound.TryAbandon(RequestQueue.OutstandingSends == 0))
        {
            ReleaseIfDrained();
            return;
        }

        State = ConnectionState.Released;
        Poller.Targets.Abandon(_key, this);
        Poller.ReleaseConnection();
        _connection.OnPollerAbandoned();
    }

    public SocketError WaitForData() => RequestQueue.WaitForData((ulong)RequestKind.WaitForData);

    public SocketError Receive(in RioBuffer buffer) => RequestQueue.Receive(buffer, (ulong)RequestKind.Receive, RequestFlags.Defer);

    public SocketError Send(in RioBuffer buffer) => RequestQueue.Send(buffer, (ulong)RequestKind.Send, RequestFlags.Defer);

    /// <summary>
    /// Closes the socket, once; the first reason stays, and an abort by the application goes before all others. Without a reason
    /// the output has been sent to its end, and the peer sees FIN; with one it sees RST, unless the options say otherwise.
    /// </summary>
    public void CloseSocket(Exception? reason)
    {
        if (!IsOpen)
        {
            return;
        }

        // The end of the pass is too late. Winsock does not document what becomes of a deferred request that nothing commits.
        RequestQueue.Commit();
        State = ConnectionState.Draining;
        reason = _connection.AbortReason ?? reason;
        CloseReason = reason ?? new ConnectionAbortedException("The transport's send loop completed gracefully.");
        if (reason is null || _settings.FinOnError)
        {
            RioLog.ConnectionWriteFin(_settings.Logger, _connection.ConnectionId, CloseReason.Message);
            RequestQueue.Close(CloseMode.Graceful);
        }
        else
        {
            RioLog.ConnectionWriteRst(_settings.Logger, _connection.ConnectionId, CloseReason.Message);
            RequestQueue.Close(CloseMode.Abortive);
        }

        _inbound.OnSocketClosed();
        _outbound.OnSocketClosed();
    }

    /// <summary>The slot goes back, and the application's dispose goes on, when nothing can come any more.</summary>
    public void ReleaseIfDrained()
    {
        if (State != ConnectionState.Draining || (RequestQueue.Outstanding > 0 && !_isAbandoned)
            || _inbound.State != InboundState.Completed || _outbound.State != OutboundState.Ended)
        {
            return;
        }

        State = ConnectionState.Released;
        Poller.Unregister(_key);
        Poller.ReleaseConnection();
        _connection.OnReleased();
    }

    private void EndBecauseOf(ConnectionAbortedException reason)
    {
        CloseSocket(reason);
        ReleaseIfDrained();
    }
}
