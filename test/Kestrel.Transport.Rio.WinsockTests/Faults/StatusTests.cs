using System.Net.Sockets;
using Kestrel.Transport.Rio.WinsockTests.Transport;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.WinsockTests.Faults;

/// <summary>What a request that goes wrong is to the application: an exception that names the cause.</summary>
public sealed class StatusTests
{
    // The first request of a connection is its receive, the second one what it sends.
    [Theory]
    [InlineData("aborted_at=2", SocketError.OperationAborted)]
    [InlineData("reset_at=2;reset_code=10054", SocketError.ConnectionReset)]
    [InlineData("reset_at=2;reset_code=10053", SocketError.ConnectionAborted)]
    [InlineData("reset_at=2;reset_code=10052", SocketError.NetworkReset)]
    [InlineData("reset_at=2;reset_code=10060", SocketError.TimedOut)]
    [InlineData("send_at=1;send_code=10055", SocketError.NoBufferSpaceAvailable)]
    [InlineData("send_at=1;send_code=10022", SocketError.InvalidArgument)]
    [InlineData("send_at=1;send_code=10014", SocketError.Fault)]
    public async Task Failed_send_ends_the_connection_with_its_cause(string fault, SocketError cause)
    {
        var transport = new WinsockTransport(new RioTransportOptions { PollerCount = 1 }, fault);
        var (connection, peer) = await transport.ConnectAndAcceptAsync();

        _ = connection.Transport.Output.WriteAsync(new byte[10], TestContext.Current.CancellationToken).AsTask();
        var error = await Assert.ThrowsAnyAsync<Exception>(() => WinsockTransport.ReadAsync(connection));

        AssertCause(cause, error);
        Assert.Empty(transport.Log.Named("ConnectionWriteFin"));
        Assert.Single(transport.Log.Named("ConnectionWriteRst"));
        await transport.EndAsync([(connection, peer)]);
    }

    [Theory]
    [InlineData("aborted_at=1", SocketError.OperationAborted)]
    [InlineData("reset_at=1;reset_code=10054", SocketError.ConnectionReset)]
    [InlineData("reset_at=1;reset_code=10053", SocketError.ConnectionAborted)]
    [InlineData("reset_at=1;reset_code=10060", SocketError.TimedOut)]
    [InlineData("receive_at=1;receive_code=10055", SocketError.NoBufferSpaceAvailable)]
    [InlineData("receive_at=1;receive_code=10022", SocketError.InvalidArgument)]
    [InlineData("receive_at=1;receive_code=10014", SocketError.Fault)]
    [InlineData("receive_at=1;receive_code=995", SocketError.OperationAborted)]
    public async Task A_receive_that_fails_is_the_error_of_the_next_read(string fault, SocketError cause)
    {
        var transport = new WinsockTransport(new RioTransportOptions { PollerCount = 1 }, fault);
        var (connection, peer) = await transport.ConnectAndAcceptAsync();

        var error = await Assert.ThrowsAnyAsync<Exception>(() => WinsockTransport.ReadAsync(connection));

        AssertCause(cause, error);
        await transport.EndAsync([(connection, peer)]);
    }

    [Theory]
    [InlineData("create_cq_at=1;create_cq_code=10055", "10055")]
    [InlineData("create_cq_at=1;create_cq_code=10014", "10014")]
    [InlineData("create_cq_at=2;create_cq_code=10022", "10022")]
    [InlineData("register_at=1", "Fault")]
    public void Start_without_queue_or_memory_fails_with_the_reason(string fault, string reason)
    {
        var error = Assert.ThrowsAny<PlatformNotSupportedException>(
            () => new WinsockTransport(new RioTransportOptions { PollerCount = 2 }, fault));

        Assert.Contains("refused", error.Message, StringComparison.Ordinal);
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_memory_is_too_short_for_a_second_queue_one_poller_serves()
    {
        var transport = new WinsockTransport(
            new RioTransportOptions { PollerCount = 2 }, "create_cq_at=2;create_cq_code=10055");

        Assert.Single(transport.Pollers.Pollers);
        Assert.Single(transport.Log.Named("FewerPollers"));
        await WinsockTransport.WithinAsync(transport.StopAsync());
        transport.AssertNothingLeft();
    }

    private static void AssertCause(SocketError cause, Exception error)
    {
        var socketError = Assert.IsType<SocketException>(error is ConnectionResetException ? error.InnerException : error);
        Assert.Equal(cause, socketError.SocketErrorCode);
    }
}
