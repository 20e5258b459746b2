using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>An exception of ours on a poller's thread: the end of its connections, and of nothing else.</summary>
public sealed class PollerDeathTests
{
    private const string Cause = "a fault of ours";

    private static readonly byte[] s_ping = [1, 2, 3];

    [Theory]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.ThreadPool)]
    [InlineData(ApplicationScheduling.Adaptive)]
    public async Task Its_connections_end_with_the_cause_and_their_peers_see_it(ApplicationScheduling scheduling)
    {
        await using var transport = Create(pollers: 1, scheduling);
        var (connection, peer) = await transport.ConnectAsync();
        var (idle, idlePeer) = await transport.ConnectAsync();
        peer.Write(s_ping);
        await SimulatedTransport.ReadAsync(connection, s_ping.Length);

        Kill(transport);

        foreach (var ended in (ConnectionContext[])[connection, idle])
        {
            var error = await Assert.ThrowsAsync<ConnectionAbortedException>(() => SimulatedTransport.ReadAsync(ended, 1));
            Assert.Contains(Cause, error.Message, StringComparison.Ordinal);
            Assert.Contains(Cause, error.InnerException!.Message, StringComparison.Ordinal);
            await SimulatedTransport.UntilAsync(() => ended.ConnectionClosed.IsCancellationRequested, "ConnectionClosed");
            await ended.DisposeAsync().AsTask().WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        }

        Assert.True(peer.ResetReceived);
        Assert.True(idlePeer.ResetReceived);
        Assert.Equal((LogLevel.Critical, "PollerDied"), (transport.Logger.Entries[0].Level, transport.Logger.Entries[0].Id.Name));
    }

    [Fact]
    public async Task Connections_of_other_pollers_go_on()
    {
        await using var transport = Create(pollers: 2);
        var first = await transport.ConnectAsync();
        var second = await transport.ConnectAsync();

        Kill(transport);

        await SimulatedTransport.UntilAsync(() => first.Peer.ResetReceived || second.Peer.ResetReceived, "the end of a connection");
        var (connection, peer) = first.Peer.ResetReceived ? second : first;
        peer.Write(s_ping);
        Assert.Equal(s_ping, await SimulatedTransport.ReadAsync(connection, s_ping.Length));
    }

    [Fact]
    public async Task An_endpoint_that_accepted_on_it_goes_on_accepting_on_another()
    {
        await using var transport = Create(pollers: 3);

        foreach (var poller in transport.Pollers.Pollers.Take(2))
        {
            Kill(poller);
            await SimulatedTransport.UntilAsync(() => poller.IsDead, "the death of a poller");

            var (connection, peer) = await transport.ConnectAsync();
            peer.Write(s_ping);
            Assert.Equal(s_ping, await SimulatedTransport.ReadAsync(connection, s_ping.Length));
        }
    }

    [Fact]
    public async Task No_connection_is_lost_while_it_dies()
    {
        await using var transport = Create(pollers: 2);
        var peers = new List<SimulatedPeer>();
        for (var i = 0; i < 50; i++)
        {
            peers.Add(transport.Dial());
            if (i == 25)
            {
                Kill(transport);
            }
        }

        // Those that went to the dead poller are accepted or reset; none is left to wait.
        foreach (var peer in peers)
        {
            peer.Write(s_ping);
        }

        var served = 0;
        var serving = ServeAsync();
        await SimulatedTransport.UntilAsync(
            () => peers.TrueForAll(static peer => peer.Available == s_ping.Length || peer.ServerClosed), "an answer or an end for each");
        Assert.InRange(Volatile.Read(ref served), 24, 50);
        Assert.False(serving.IsFaulted);

        async Task ServeAsync()
        {
            while (await transport.AcceptAsync() is { } connection)
            {
                _ = Task.Run(async () =>
                {
                    var bytes = await SimulatedTransport.ReadAsync(connection, s_ping.Length);
                    await connection.Transport.Output.WriteAsync(bytes, TestContext.Current.CancellationToken);
                    Interlocked.Increment(ref served);
                });
            }
        }
    }

    [Fact]
    public async Task Where_no_poller_lives_accepting_ends_with_an_error_that_names_the_cause()
    {
        await using var transport = Create(pollers: 2);

        foreach (var poller in transport.Pollers.Pollers)
        {
            Kill(poller);
        }

        var error = await Assert.ThrowsAsync<InvalidOperationException>(transport.AcceptAsync);
        Assert.Contains("no poller left", error.Message, StringComparison.Ordinal);
        Assert.Contains(Cause, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_connection_that_could_not_begin_gives_all_back_though_no_application_has_it()
    {
        await using var transport = Create(pollers: 1);
        var poller = transport.Pollers.Pollers.Single();
        transport.Faults.ThrowsNext = true;

        var peer = transport.Dial();

        await SimulatedTransport.UntilAsync(() => peer.ResetReceived, "the end of the connection");
        await SimulatedTransport.UntilAsync(() => poller.Connections == 0, "the end of its poller's half");
        await SimulatedTransport.UntilAsync(() => transport.Pollers.MemoryPool.Counts.RentedBlocks == 0, "the return of its memory");
    }

    [Fact]
    public async Task Work_that_comes_for_a_dead_poller_still_runs()
    {
        await using var transport = Create(pollers: 1);
        Kill(transport);
        var poller = transport.Pollers.Pollers.Single();
        await SimulatedTransport.UntilAsync(() => poller.IsDead, "the death of the poller");
        var ran = new TaskCompletionSource();

        poller.Runner.CreateScheduler("").Schedule(_ => ran.SetResult(), null);

        await ran.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Sending_writer_keeps_its_memory_when_its_poller_is_abandoned()
    {
        await using var transport = Create(pollers: 1);
        var (connection, _) = await transport.ConnectAsync();
        using var isSending = new ManualResetEventSlim();
        using var goesOn = new ManualResetEventSlim();
        transport.Faults.OnSendingAtOnce = () =>
        {
            isSending.Set();
            goesOn.Wait(Deadline.Length);
        };
        var writing = Task.Run(() => WriteUntilEndAsync(connection), TestContext.Current.CancellationToken);
        Assert.True(isSending.Wait(Deadline.Length, TestContext.Current.CancellationToken));

        Kill(transport);

        await connection.DisposeAsync().AsTask().WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        Assert.NotEqual(0, transport.Pollers.MemoryPool.Counts.RentedBlocks);
        goesOn.Set();
        await writing.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        await SimulatedTransport.UntilAsync(() => transport.Pollers.MemoryPool.Counts.RentedBlocks == 0, "the return of its memory");
    }

    private static async Task WriteUntilEndAsync(ConnectionContext connection)
    {
        try
        {
            while (!(await connection.Transport.Output.WriteAsync(new byte[64 * 1024], TestContext.Current.CancellationToken)).IsCompleted)
            {
            }
        }
        catch (InvalidOperationException)
        {
            // Disposed meanwhile, which has completed the writer.
        }
    }

    private static SimulatedTransport Create(int pollers, ApplicationScheduling scheduling = ApplicationScheduling.ThreadPool)
        => new(new SimulationOptions(), new RioTransportOptions
        {
            PollerCount = pollers,
            ApplicationScheduling = scheduling,

            // The first receive then holds a block when it begins.
            WaitForDataBeforeAllocatingBuffer = false,
        });

    /// <summary>Kills the poller on which the endpoint accepts.</summary>
    private static void Kill(SimulatedTransport transport) => Kill(transport.Pollers.Pollers.First());

    private static void Kill(CompletionPoller poller)
        => poller.Post(new PollerAction(() => throw new InvalidOperationException(Cause)));
}
