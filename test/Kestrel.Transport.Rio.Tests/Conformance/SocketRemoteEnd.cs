using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>A managed socket of this process at the other end of a loopback connection.</summary>
internal sealed class SocketRemoteEnd : RemoteEnd
{
    private readonly Lock _lock = new();
    private readonly Socket _socket;
    private readonly Channel<byte[]> _outgoing = Channel.CreateUnbounded<byte[]>();
    private readonly List<byte> _received = [];
    private bool _isReading;
    private volatile bool _finReceived;
    private volatile bool _resetReceived;

    public SocketRemoteEnd(Socket socket)
    {
        _socket = socket;
        LocalEndPoint = socket.LocalEndPoint;
        _ = SendLoopAsync();
    }

    public override EndPoint? LocalEndPoint { get; }

    public override int Received
    {
        get
        {
            lock (_lock)
            {
                return _received.Count;
            }
        }
    }

    public override bool FinReceived => _finReceived;

    public override bool ResetReceived => _resetReceived;

    public override void Write(byte[] bytes) => _outgoing.Writer.TryWrite(bytes);

    public override void StartReading()
    {
        if (!_isReading)
        {
            _isReading = true;
            _ = ReceiveLoopAsync();
        }
    }

    public override byte[] ReceivedBytes()
    {
        lock (_lock)
        {
            return [.. _received];
        }
    }

    public override void Finish() => _outgoing.Writer.TryComplete();

    public override void Reset()
    {
        _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close(0);
    }

    public override void Dispose()
    {
        _outgoing.Writer.TryComplete();
        _socket.Dispose();
    }

    private async Task SendLoopAsync()
    {
        try
        {
            await foreach (var bytes in _outgoing.Reader.ReadAllAsync())
            {
                for (var sent = 0; sent < bytes.Length;)
                {
                    sent += await _socket.SendAsync(bytes.AsMemory(sent));
                }
            }

            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // The connection is over; the receiving side says how.
        }
    }

    private async Task ReceiveLoopAsync()
    {
        var buffer = new byte[64 * 1024];
        try
        {
            while (await _socket.ReceiveAsync(buffer) is > 0 and var count)
            {
                lock (_lock)
                {
                    _received.AddRange(buffer.AsSpan(0, count));
                }
            }

            _finReceived = true;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionReset)
        {
            _resetReceived = true;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed at this end.
        }
    }
}
