using System.Net.Sockets;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Transport.Echo;
using Kestrel.Transport.Rio.WinsockTests.Transport;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.WinsockTests.Faults;

/// <summary>A host that serves clients while the bench does what the plan says, and the check of what came of it.</summary>
internal sealed class FaultRun(FaultPlan plan) : IDisposable
{
    private const string EarlyStop = "The test stops early.";

    // For the part of a run that ends by itself; only a hang takes so long.
    private readonly CancellationTokenSource _deadline = new(Deadline.Length);
    private readonly List<EchoClient> _clients = [];
    private WinsockTransport _transport = null!;
    private EchoServer _server = null!;

    public async Task RunAsync()
    {
        if (!TryStart())
        {
            return;
        }

        try
        {
            await ServeAsync();
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Assert.Fail($"It hangs.{Environment.NewLine}{Describe()}");
        }

        Check(CheckAll);
    }

    public void Dispose() => _deadline.Dispose();

    private bool TryStart()
    {
        try
        {
            _transport = new WinsockTransport(plan.Options, plan.Settings, plan.MostQueueCapacity);
        }
        catch (PlatformNotSupportedException e) when (plan.MayNotStart)
        {
            Assert.Contains("refused", e.Message, StringComparison.Ordinal);
            return false;
        }

        _server = new EchoServer(_transport.Listener, plan.Gather);
        return true;
    }

    private async Task ServeAsync()
    {
        var serving = Task.Run(_server.RunAsync);
        var talking = TalkAsync();
        if (plan.StopsEarly)
        {
            await WinsockTransport.UntilAsync(
                () => talking.IsCompleted || _server.Served.Sum(static connection => connection.Received) > plan.Clients.Sum(static client => client.Bytes) / 4,
                "a quarter of the bytes");
        }
        else
        {
            await talking.WaitAsync(_deadline.Token);
        }

        // In the order in which Kestrel stops. But for an early stop every connection ends by itself.
        await _transport.Listener.UnbindAsync();
        if (plan.StopsEarly)
        {
            _server.AbortAll(EarlyStop);
        }

        await Task.WhenAll(serving, talking).WaitAsync(_deadline.Token);
        await _transport.StopAsync().WaitAsync(Deadline.Length);
    }

    private async Task TalkAsync()
    {
        byte number = 0;
        foreach (var wave in plan.Clients.Chunk(plan.Wave))
        {
            var clients = new List<EchoClient>();
            foreach (var client in wave)
            {
                number++;
                if (await TryConnectAsync(number) is { } socket)
                {
                    clients.Add(new EchoClient(socket, client, number));
                }
            }

            _clients.AddRange(clients);
            await Task.WhenAll(clients.Select(client => Task.Run(() => client.RunAsync(_deadline.Token))));
        }
    }

    private async Task<Socket?> TryConnectAsync(byte number)
    {
        try
        {
            return await _transport.ConnectAsync(number);
        }
        catch (SocketException) when (plan.StopsEarly)
        {
            // Nobody listens any more.
            return null;
        }
    }

    private void CheckAll()
    {
        _transport.AssertNothingLeft();
        Assert.Equal(plan.LosesQueue ? 1 : 0, plan.Kind == FaultKind.Everything ? 0 : _transport.Log.Named("CompletionQueueFailed").Count());
        Assert.All(_server.Served, connection => Assert.True(connection.ClosedFired, "ConnectionClosed did not fire."));
        foreach (var client in _clients)
        {
            CheckClient(client, _server.Served.SingleOrDefault(connection => connection.Client == client.Number));
        }

        var refused = _transport.Log.Named("ConnectionRefused").Count();
        Assert.True(refused == 0 || plan.MayRefuse, "A connection was refused.");
        if (!plan.StopsEarly)
        {
            // One that was reset before it was accepted is nobody's.
            Assert.InRange(
                _server.Served.Count + refused, plan.Clients.Count(static client => !client.Resets), plan.Clients.Count);
        }

        if (plan.EndsConnections)
        {
            Assert.Contains(
                _transport.Log.Entries, static entry => entry.Name is "ConnectionError" or "ConnectionReset" or "CompletionQueueFailed");
        }
    }

    private void CheckClient(EchoClient client, ServedConnection? served)
    {
        if (served is null)
        {
            // Refused; whether it was, is counted.
            Assert.Equal(0, client.Received);
            return;
        }

        Assert.True(client.Received <= served.Written || served.Error is not null, "The client has more than was written.");
        if (served.Error is { } error)
        {
            AssertIsACause(error, client);
        }
        else if (served.SawEnd && !client.Plan.Resets)
        {
            Assert.Equal(client.Plan.Bytes, served.Received);
            CheckEnd(client, served);
        }
    }

    /// <summary>The application has seen no error: the peer has all of it, or the transport has said in its log why not.</summary>
    private void CheckEnd(EchoClient client, ServedConnection served)
    {
        var end = Assert.Single(
            _transport.Log.Entries, entry => entry.IsOf(served.Id) && entry.Name is ("ConnectionWriteFin" or "ConnectionWriteRst"));
        if (end.Name is "ConnectionWriteFin")
        {
            Assert.Equal((client.Plan.Bytes, client.Plan.Bytes, true), (served.Written, client.Received, client.SawEnd));
        }
        else
        {
            AssertIsACause(new IOException((string?)end.Values["Reason"]), client);
        }
    }

    private void AssertIsACause(Exception error, EchoClient client)
    {
        var isCause = plan.Causes.Any(cause => error.Message.Contains(new SocketException((int)cause).Message, StringComparison.Ordinal))
            || (_transport.Log.Named("CompletionQueueFailed").Any() && error.Message.Contains("RIO_CORRUPT_CQ", StringComparison.Ordinal))
            || (plan.StopsEarly && error.Message is EarlyStop)
            || (client.Plan.Resets && error is ConnectionResetException or SocketException);
        Assert.True(isCause, $"'{error.Message}' is no cause that the bench or the client has given.");
    }

    private void Check(Action checks)
    {
        try
        {
            checks();
        }
        catch (Exception e)
        {
            Assert.Fail($"{e.Message}{Environment.NewLine}{Describe()}");
        }
    }

    private string Describe() => string.Join(
        Environment.NewLine,
        (IEnumerable<object>)[
            plan, $"bench: {TestBench.Outstanding()} outstanding, {string.Join("; ", TestBench.Breaches())}",
            $"memory: {_transport.MemoryPool.Counts.RentedBlocks} rented, {_transport.MemoryPool.Counts.SlabCount} slabs", .. _clients, .. _server.Served,
            .. _transport.Log.Entries.TakeLast(60)]);
}
