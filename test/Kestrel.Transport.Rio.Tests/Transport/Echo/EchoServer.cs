using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.AspNetCore.Connections;

namespace Kestrel.Transport.Rio.Tests.Transport.Echo;

/// <summary>
/// The application: gives every connection back what it sends, having checked it. It gathers up to <paramref name="gather"/>
/// bytes before it answers, so that an answer is many sends.
/// </summary>
internal sealed class EchoServer(IConnectionListener listener, int gather)
{
    private readonly ConcurrentBag<Task> _handlers = [];
    private readonly ConcurrentBag<ServedConnection> _served = [];
    private readonly ConcurrentBag<ConnectionContext> _connections = [];

    public IReadOnlyCollection<ServedConnection> Served => _served;

    /// <summary>Ends with the listener, and when every connection has been disposed.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await listener.AcceptAsync() is { } connection)
            {
                _connections.Add(connection);
                _handlers.Add(Task.Run(() => HandleAsync(connection)));
            }
        }
        finally
        {
            await Task.WhenAll(_handlers);
        }
    }

    public void AbortAll(string reason)
    {
        foreach (var connection in _connections)
        {
            connection.Abort(new ConnectionAbortedException(reason));
        }
    }

    /// <summary>The client at the other end; 0 when the kernel does not know it any more.</summary>
    private static byte ClientOf(ConnectionContext connection)
        => (connection.RemoteEndPoint as IPEndPoint)?.Address.GetAddressBytes()[^1] ?? 0;

    private async Task HandleAsync(ConnectionContext connection)
    {
        var served = new ServedConnection(connection.ConnectionId, ClientOf(connection));
        _served.Add(served);
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = connection.ConnectionClosed.Register(closed.SetResult);
        try
        {
            if (served.Client != 0)
            {
                await EchoAsync(connection.Transport, served);
            }
        }
        catch (Exception e) when (e is ConnectionAbortedException or ConnectionResetException or SocketException)
        {
            served.Error = e;
        }
        finally
        {
            await connection.DisposeAsync();
            served.IsDisposed = true;
        }

        await closed.Task;
        served.ClosedFired = true;
    }

    private async Task EchoAsync(IDuplexPipe transport, ServedConnection served)
    {
        var pattern = new Pattern(served.Client);
        var isGone = false;
        while (true)
        {
            var result = await transport.Input.ReadAtLeastAsync(gather);
            pattern.AssertIs(result.Buffer, served.Received, $"what the server got from {served.Client}");
            served.Received += (int)result.Buffer.Length;
            served.SawEnd = result.IsCompleted;
            if (!isGone)
            {
                isGone = await WriteAsync(transport.Output, result.Buffer, served);
            }

            transport.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    /// <summary>True when nobody takes it any more; why, the next read says.</summary>
    private static async ValueTask<bool> WriteAsync(PipeWriter output, ReadOnlySequence<byte> bytes, ServedConnection served)
    {
        foreach (var segment in bytes)
        {
            output.Write(segment.Span);
        }

        var flushed = await output.FlushAsync();
        served.Written += (int)bytes.Length;
        return flushed.IsCompleted;
    }
}
