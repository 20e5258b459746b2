using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>The half of a connection that Kestrel sees. Any thread; what concerns the socket is posted to the poller.</summary>
internal sealed class RioConnection : ConnectionContext,
    IConnectionIdFeature, IConnectionTransportFeature, IConnectionItemsFeature, IMemoryPoolFeature,
    IConnectionLifetimeFeature, IConnectionEndPointFeature, IConnectionSocketFeature, IThreadPoolWorkItem
{
    private readonly ConnectionSettings _settings;
    private readonly ConnectionChannel _channel;
    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Middleware may put another pair in front of it (TLS does), and need not take it away again.
    private readonly PipePair _ownTransport;
    private IDictionary<object, object?>? _items;
    private ConnectionAbortedException? _abortReason;
    private bool _closedHasFired;

    // The poller's half, and the callbacks of the token.
    private int _halvesLeft = 2;

    public RioConnection(ConnectionSettings settings)
    {
        _settings = settings;
        ConnectionClosed = _closed.Token;
        (var input, var output, _ownTransport, var scheduler) = settings.CreatePipes(ConnectionId);
        Transport = _ownTransport;
        _channel = new ConnectionChannel(
            settings, this, new InboundFlow(settings, this, input.Writer, scheduler), new OutboundFlow(settings, this, output.Reader));

        Features = new ConnectionFeatureCollection(this);
    }

    public override string ConnectionId { get; set; } = ConnectionIds.Next();

    public override IFeatureCollection Features { get; }

    public override IDuplexPipe Transport { get; set; }

    public override CancellationToken ConnectionClosed { get; set; }

    public override EndPoint? LocalEndPoint { get; set; }

    public override EndPoint? RemoteEndPoint { get; set; }

    public override IDictionary<object, object?> Items
    {
        get => _items ??= new ConnectionItems();
        set => _items = value;
    }

    public System.Buffers.MemoryPool<byte> MemoryPool => _settings.Poller.MemoryPool;

    /// <summary>To dispose it ends the connection, with RST, as on Sockets. <see cref="RioTransportOptions.FinOnError"/> makes that FIN.</summary>
    public Socket Socket
    {
        get
        {
            var socket = _channel.RequestQueue.Socket;
            socket.OnDisposed ??= OnSocketDisposed;
            return socket;
        }
    }

    /// <summary>The first reason for which this side aborted the connection.</summary>
    public ConnectionAbortedException? AbortReason => Volatile.Read(ref _abortReason);

    /// <summary>Takes the socket over and learns its local address. The poller's thread only, and then <see cref="Start"/>.</summary>
    public SocketError Open(AcceptedSocket socket, EndPoint listening)
    {
        var error = _channel.Open(socket);
        if (error == SocketError.Success)
        {
            RemoteEndPoint = socket.RemoteEndPoint;
            LearnLocalEndPoint(listening);
        }

        return error;
    }

    private void LearnLocalEndPoint(EndPoint listening)
    {
        try
        {
            LocalEndPoint = _channel.RequestQueue.GetLocalEndPoint(listening);
        }
        catch (Exception e)
        {
            // Of an address that .NET cannot make. Access lists must not take the peer for a local one, so it is not served.
            RioLog.ConnectionError(_settings.Logger, e, ConnectionId);
            Abort(new ConnectionAbortedException($"The address of the connection cannot be read: {e.Message}", e));
        }
    }

    /// <summary>Begins to receive and to send. The poller's thread only.</summary>
    public void Start() => _channel.Start();

    public override void Abort() => Abort(new ConnectionAbortedException(
        "The connection was aborted by the application via IConnectionLifetimeFeature.Abort()."));

    public override void Abort(ConnectionAbortedException abortReason)
    {
        if (Interlocked.CompareExchange(ref _abortReason, abortReason, null) is null)
        {
            _settings.Poller.Post(_channel);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _ownTransport.Input.CompleteAsync();
        await _ownTransport.Output.CompleteAsync();
        await _released.Task;
        _closed.Dispose();
        await base.DisposeAsync();
    }

    /// <summary>
    /// Cancels <see cref="ConnectionClosed"/>, once, on the thread pool: the callbacks are the application's and may block. A work
    /// item of its own, so that a reader that was told of the end goes first, as on Sockets.
    /// </summary>
    public void FireConnectionClosed()
    {
        if (!Interlocked.Exchange(ref _closedHasFired, true))
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _closed.Cancel();
        }
        catch (Exception e)
        {
            // A callback of the application's has thrown; the connection ends all the same.
            RioLog.ConnectionFailed(_settings.Logger, e, ConnectionId);
        }

        OnHalfReleased();
    }

    /// <summary>Nothing of the connection is left on the poller.</summary>
    public void OnReleased() => OnHalfReleased();

    /// <summary>
    /// The connection will never be released. The application is notified of the end and does not wait. The pipes stay as they are, with
    /// the blocks that the kernel may still write to.
    /// </summary>
    public void OnPollerAbandoned()
    {
        FireConnectionClosed();
        OnReleased();
    }

    private void OnSocketDisposed()
    {
        // When the connection closes its socket it disposes this one too, which is no abort.
        if (_channel.IsOpen)
        {
            Abort(new ConnectionAbortedException("The connection was aborted because the application disposed its socket."));
        }
    }

    private void OnHalfReleased()
    {
        if (Interlocked.Decrement(ref _halvesLeft) == 0)
        {
            _released.TrySetResult();
        }
    }
}
