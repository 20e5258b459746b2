using System.Net.Sockets;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>On io_uring: an exception in the middle of a connection's work, while the kernel has requests of it and of others.</summary>
public sealed class PollerDeathTests
{
    [Theory]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.ThreadPool)]
    [InlineData(ApplicationScheduling.Adaptive)]
    public async Task Every_connection_ends_on_both_sides_the_endpoint_goes_on_and_nothing_is_left(ApplicationScheduling scheduling)
    {
        var transport = await FaultTransport.StartAsync(
            new RioTransportOptions { PollerCount = 2, ApplicationScheduling = scheduling }, new FaultRates(), seed: 1);
        var before = new List<(ConnectionContext Connection, Socket Peer)>();
        for (var i = 0; i < 8; i++)
        {
            before.Add(await ConnectAsync(transport));
        }

        transport.Faults.ThrowsNext = true;
        await before[0].Peer.SendAsync(new byte[1]);
        await SimulatedTransport.UntilAsync(() => transport.Log.Named("PollerDied").Any(), "the death of a poller");

        var ended = 0;
        foreach (var (connection, peer) in before)
        {
            if (await EndsAsync(connection, peer))
            {
                ended++;
            }
        }

        Assert.Equal(4, ended);
        for (var i = 0; i < 4; i++)
        {
            var (connection, peer) = await ConnectAsync(transport);
            Assert.False(await EndsAsync(connection, peer));
        }

        await WithinAsync(transport.StopAsync());
        var death = Assert.Single(transport.Log.Entries, static entry => entry.Level >= LogLevel.Error);
        Assert.Equal((LogLevel.Critical, "PollerDied"), (death.Level, death.Name));
        transport.AssertNothingLeft();
    }

    [Fact]
    public async Task Where_it_was_the_last_accepting_ends_with_the_cause_and_nobody_can_connect()
    {
        var transport = await FaultTransport.StartAsync(new RioTransportOptions { PollerCount = 1 }, new FaultRates(), seed: 1);
        var (connection, peer) = await ConnectAsync(transport);

        transport.Faults.ThrowsNext = true;
        Assert.True(await EndsAsync(connection, peer));

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => WithinAsync(transport.Listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()));
        Assert.Contains(FaultyIo.Exception, error.Message, StringComparison.Ordinal);
        await SimulatedTransport.UntilAsync(() => transport.Log.Named("AcceptsEnded").Any(), "the line in the log");
        await transport.Listener.UnbindAsync(TestContext.Current.CancellationToken);
        await Assert.ThrowsAsync<SocketException>(() => transport.ConnectAsync());
        await WithinAsync(transport.StopAsync());
        transport.AssertNothingLeft();
    }

    private static async Task<(ConnectionContext Connection, Socket Peer)> ConnectAsync(FaultTransport transport)
    {
        var peer = await transport.ConnectAsync();
        return ((await WithinAsync(transport.Listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask()))!, peer);
    }

    /// <summary>Whether the death has ended it, on both sides; if not, it must go on until it ends here.</summary>
    private static async Task<bool> EndsAsync(ConnectionContext connection, Socket peer)
    {
        using var owned = peer;
        try
        {
            await peer.SendAsync(new byte[] { 1, 2, 3 });
            var read = await WithinAsync(connection.Transport.Input.ReadAtLeastAsync(3, TestContext.Current.CancellationToken).AsTask());
            connection.Transport.Input.AdvanceTo(read.Buffer.End);
            await connection.Transport.Output.WriteAsync(new byte[] { 4, 5, 6 }, TestContext.Current.CancellationToken);
            var answer = new byte[3];
            Assert.Equal(3, await WithinAsync(peer.ReceiveAsync(answer)));
            return false;
        }
        catch (Exception e) when (e is ConnectionAbortedException or SocketException)
        {
            var error = await Assert.ThrowsAsync<ConnectionAbortedException>(
                () => WithinAsync(connection.Transport.Input.ReadAtLeastAsync(100, TestContext.Current.CancellationToken).AsTask()));
            Assert.Contains(FaultyIo.Exception, error.Message, StringComparison.Ordinal);
            await EndsAsync(peer);
            return true;
        }
        finally
        {
            await WithinAsync(connection.DisposeAsync().AsTask());
        }
    }

    /// <summary>A reset, or what follows it: the socket says it once.</summary>
    private static async Task EndsAsync(Socket peer)
    {
        try
        {
            Assert.Equal(0, await WithinAsync(peer.ReceiveAsync(new byte[1])));
        }
        catch (SocketException e)
        {
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
        }
    }

    private static Task WithinAsync(Task task) => task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);

    private static Task<T> WithinAsync<T>(Task<T> task) => task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
}
