using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Threads;

/// <summary>The application behind a listener: takes connections up and treats each as its plan says.</summary>
#pragma warning disable CA1001 // Neither has anything to dispose: no timer, no wait handle.
internal sealed class ThreadedServer(RioConnectionListener listener, ConcurrentDictionary<EndPoint, (ConnectionPlan Plan, Pattern Pattern)> plans)
#pragma warning restore CA1001
{
    private readonly ConcurrentBag<Task> _handlers = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _plansAreKnown = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _ended = new(0);
    private int _closedFired;

    public int Served => _handlers.Count;

    public int ClosedFired => Volatile.Read(ref _closedFired);

    public void AbortAll() => _stop.Cancel();

    public async Task WhenAllEnded(int connections)
    {
        for (; connections > 0; connections--)
        {
            await _ended.WaitAsync();
        }
    }

    public void Begin() => _plansAreKnown.SetResult();

    /// <summary>Ends with the listener, and when every connection has been disposed.</summary>
    public async Task RunAsync()
    {
        while (await listener.AcceptAsync() is { } connection)
        {
            _handlers.Add(Task.Run(() => HandleAsync(connection)));
        }

        await Task.WhenAll(_handlers);
    }

    private async Task HandleAsync(ConnectionContext connection)
    {
        var closed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionClosed.Register(() =>
        {
            Interlocked.Increment(ref _closedFired);
            closed.SetResult();
        });
        await _plansAreKnown.Task;
        using var stop = _stop.Token.Register(() => connection.Abort(new ConnectionAbortedException("stopping")));
        try
        {
            // A peer that has reset has no name any more.
            if (connection.RemoteEndPoint is { } peer)
            {
                await ServeAsync(connection, plans[peer].Plan, plans[peer].Pattern);
            }
        }
        catch (Exception e) when (e is ConnectionAbortedException or ConnectionResetException or SocketException)
        {
            // The connection is over.
        }
        finally
        {
            await connection.DisposeAsync();
        }

        await closed.Task;
        _ended.Release();
    }

    private static async Task ServeAsync(ConnectionContext connection, ConnectionPlan plan, Pattern pattern)
    {
        var received = 0L;
        while (true)
        {
            var result = await connection.Transport.Input.ReadAsync();
            pattern.AssertIs(result.Buffer, received, "what the application received");
            received += result.Buffer.Length;
            Assert.True(received <= plan.Bytes, "The application received more than the peer has written.");
            foreach (var segment in result.Buffer)
            {
                connection.Transport.Output.Write(segment.Span);
            }

            connection.Transport.Input.AdvanceTo(result.Buffer.End);
            var flushed = await connection.Transport.Output.FlushAsync();
            if (result.IsCompleted || flushed.IsCompleted || (received >= plan.Bytes / 2 && !await GoesOnAsync(connection, plan.Server)))
            {
                return;
            }
        }
    }

    private static async ValueTask<bool> GoesOnAsync(ConnectionContext connection, ServerManner manner)
    {
        switch (manner)
        {
            case ServerManner.AbortHalfway:
                connection.Abort(new ConnectionAbortedException("halfway"));
                return true;
            case ServerManner.CompleteOutputHalfway:
                await connection.Transport.Output.CompleteAsync();
                return false;
            case ServerManner.DisposeHalfway:
                return false;
            default:
                return true;
        }
    }
}
