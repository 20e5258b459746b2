using System.Net.Sockets;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Transport;
using Kestrel.Transport.Rio.Tests.Transport.Echo;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>A host that serves clients while what the plan says goes wrong, and the check of what came of it.</summary>
internal sealed class FaultRun(FaultPlan plan, FaultTally total) : IDisposable
{
    private const string EarlyStop = "The test stops early.";

    // For the part of a run that ends by itself; only a hang takes so long.
    private readonly CancellationTokenSource _deadline = new(3 * Deadline.Length);
    private readonly List<EchoClient> _clients = [];
    private FaultTransport _transport = null!;
    private EchoServer _server = null!;
    private int _notConnected;

    public async Task RunAsync()
    {
        if (!await TryStartAsync())
        {
            return;
        }

        try
        {
            await ServeAsync();
            Check();
            total.Add(_transport.Faults.Tally);
        }
        catch (Exception e) when (e is TimeoutException or OperationCanceledException)
        {
            Assert.Fail($"It hangs.{Environment.NewLine}{Describe()}");
        }
        catch (Exception e)
        {
            Assert.Fail($"{e}{Environment.NewLine}{Describe()}");
        }
    }

    public void Dispose() => _deadline.Dispose();

    private bool HasDied => _transport.Log.Named("PollerDied").Any();

    private bool HasEndedAccepting => _transport.Log.Named("AcceptsEnded").Any();

    private async Task<bool> TryStartAsync()
    {
        try
        {
            _transport = await FaultTransport.StartAsync(plan.Options, plan.Rates, (ulong)plan.Seed);
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
        var serving = Task.Run(RunServerAsync);
        var talking = TalkAsync();
        if (plan.StopsEarly)
        {
            var quarter = plan.Clients.Sum(static client => client.Bytes) / 4;
            await SimulatedTransport.UntilAsync(
                () => talking.IsCompleted || _server.Served.Sum(static connection => connection.Received) > quarter, "a quarter of the bytes");
        }
        else
        {
            await talking.WaitAsync(_deadline.Token);
        }

        // In the order in which Kestrel stops. But for an early stop every connection ends by itself.
        await _transport.Listener.UnbindAsync().AsTask().WaitAsync(_deadline.Token);
        if (plan.StopsEarly)
        {
            _server.AbortAll(EarlyStop);
        }

        await Task.WhenAll(serving, talking).WaitAsync(_deadline.Token);
        await _transport.StopAsync().WaitAsync(_deadline.Token);
    }

    private async Task RunServerAsync()
    {
        try
        {
            await _server.RunAsync();
        }
        catch (InvalidOperationException e) when (plan.MayDie)
        {
            Assert.True(HasEndedAccepting);
            Assert.Contains(FaultyIo.Exception, e.Message, StringComparison.Ordinal);
        }
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
        catch (SocketException e) when (plan.MayDie && e.SocketErrorCode == SocketError.ConnectionReset)
        {
            // A poller has accepted it, and died before the client looked whether it is connected.
            return null;
        }
        catch (SocketException) when (plan.StopsEarly || plan.MayDie)
        {
            // Nobody listens any more.
            _notConnected++;
            return null;
        }
    }

    private void Check()
    {
        _transport.AssertNothingLeft();
        Assert.All(_server.Served, connection => Assert.True(connection.ClosedFired, "ConnectionClosed did not fire."));
        Assert.DoesNotContain(
            _transport.Log.Entries,
            entry => entry.Level >= LogLevel.Error && !(plan.MayDie && entry.Name is "PollerDied" or "AcceptsEnded" or "DeadPollerFailed"));
        Assert.True(
            plan.Rates.LongHold == TimeSpan.Zero || _transport.Faults.Tally[FaultPoint.LongHold] > 0,
            $"No completion was held back for {plan.Rates.LongHold}.");
        Assert.True(_notConnected == 0 || plan.StopsEarly || HasEndedAccepting, "A client found nobody that listens.");
        foreach (var client in _clients)
        {
            CheckClient(client, _server.Served.SingleOrDefault(connection => connection.Client == client.Number));
        }

        var refused = _transport.Log.Named("ConnectionRefused").Count();
        Assert.True(refused == 0 || plan.MayRefuse, "A connection was refused.");
        if (!plan.StopsEarly && !HasDied)
        {
            // One that was reset before it was accepted is nobody's.
            Assert.InRange(
                _server.Served.Count + refused, plan.Clients.Count(static client => !client.Resets), plan.Clients.Count);
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

    /// <summary>Of this connection: what others were told is no cause of its end.</summary>
    private void AssertIsACause(Exception error, EchoClient client)
    {
        var requests = _transport.Faults.RequestQueueOf(client.Number);
        var told = requests?.Told ?? [];
        var isCause = told.Any(cause => error.Message.Contains(new SocketException((int)cause).Message, StringComparison.Ordinal))
            || (requests is { IsOfKilled: true } && error.Message.Contains(FaultyIo.Exception, StringComparison.Ordinal))
            || (plan.StopsEarly && error.Message is EarlyStop)
            || (client.Plan.Resets && error is ConnectionResetException or SocketException);
        Assert.True(isCause, $"'{error.Message}' is no cause that was given to client {client.Number}, which was told: {string.Join(", ", told)}.");
    }

    private string Describe() => string.Join(
        Environment.NewLine,
        (IEnumerable<object>)[plan, _transport.Faults.Tally, .. _clients, .. _server.Served, .. _transport.Log.Entries.TakeLast(60)]);
}
