using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

/// <summary>For providers with <see cref="RioCapabilities.CanSendAtOnce"/>.</summary>
public abstract class SendAtOnceScenario : Scenario
{
    // Far more than the loopback and both socket buffers hold.
    private const int Large = 16 * 1024 * 1024;

    private protected SendAtOnceScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void SendAtOnce_delivers_slices_in_order_without_a_completion()
    {
        const int Slices = RequestQueue.MaxSentAtOnce;
        const int Length = 100;
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(Slices * Length);

        var sent = SendAll(link, [.. Enumerable.Range(0, Slices).Select(i => memory.Slice(i * Length, Length))]);

        Assert.Equal(Slices * Length, sent);
        Main.RunUntil(() => link.Peer.Received == sent, "the bytes");
        Assert.Equal(memory.Bytes, link.Peer.ReceivedBytes());
        Main.Fence();
        Assert.Empty(Main.CompletionsOf(link));
    }

    [Fact]
    public void SendAtOnce_reports_the_rest_and_a_send_delivers_it()
    {
        var link = Main.Connect();
        var memory = Bench.AllocateFilled(Large);
        var taken = SendAll(link, memory.All);
        Assert.InRange(taken, 1, Large - 1);

        Assert.Equal((SocketError.WouldBlock, 0), SendUntilFull(link, memory.Slice(taken, 1), ref taken));
        Assert.Equal(SocketError.Success, link.Queue.Send(memory.Slice(taken, Large - taken), requestContext: 1));
        link.Peer.StartReading();

        Assert.Equal((uint)(Large - taken), Main.CompletionOf(link, 1).BytesTransferred);
        Main.RunUntil(() => link.Peer.Received == Large, "the bytes");
        Assert.Equal(memory.Bytes, link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Memory_can_be_reused_when_SendAtOnce_returns()
    {
        var link = Main.Connect();
        var memory = Bench.AllocateFilled(4096);
        var bytes = memory.Bytes;
        Assert.Equal(4096, SendAll(link, memory.All));

        memory.Span.Clear();

        link.Peer.StartReading();
        Main.RunUntil(() => link.Peer.Received == 4096, "the bytes");
        Assert.Equal(bytes, link.Peer.ReceivedBytes());
    }

    [Fact]
    public void SendAtOnce_works_on_any_thread()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.AllocateFilled(4096);
        var sent = 0;
        var thread = new Thread(() => sent = SendAll(link, memory.All));

        thread.Start();
        thread.Join();

        Assert.Equal(4096, sent);
        Main.RunUntil(() => link.Peer.Received == sent, "the bytes");
        Assert.Equal(memory.Bytes, link.Peer.ReceivedBytes());
    }

    [Fact]
    public void A_closed_queue_refuses()
    {
        var link = Main.Connect();
        var memory = Bench.AllocateFilled(4096);
        link.Queue.Close(CloseMode.Graceful);

        Assert.Equal(SocketError.OperationAborted, link.Queue.SendAtOnce([memory.All], out var sent));
        Assert.Equal(0, sent);
    }

    [Fact]
    public void Reset_is_reported_to_the_writer()
    {
        var link = Main.Connect();
        var memory = Bench.AllocateFilled(4096);
        link.Queue.WaitForData(requestContext: 1);
        Main.Fence();
        link.Peer.Reset();
        Main.CompletionOf(link, 1);

        Assert.Equal(SocketError.ConnectionReset, SendUntilRefused(link, memory.All));

        // The kernel reports an error once. A receive after it would see a FIN.
        link.Queue.Receive(memory.All, requestContext: 2);
        Assert.Equal(SocketError.ConnectionReset, Main.CompletionOf(link, 2).Status);
    }

    [Fact]
    public void Close_during_SendAtOnce_sends_nothing_to_the_next_connection()
    {
        const int Rounds = 20;
        var memory = Bench.AllocateFilled(64 * 1024);
        var previous = Main.Connect();
        for (var i = 0; i < Rounds; i++)
        {
            var link = previous;
            link.Peer.StartReading();
            var thread = new Thread(() =>
            {
                while (link.Queue.SendAtOnce([memory.All], out _) != SocketError.OperationAborted)
                {
                }
            });
            thread.Start();
            Main.RunUntil(() => link.Peer.Received > 0, "some of it");

            link.Queue.Close(CloseMode.Abortive);
            previous = Main.Connect();

            thread.Join();
            previous.Peer.StartReading();
            Main.Fence();
            Assert.Equal(0, previous.Peer.Received);
        }
    }

    /// <summary>Sends until nothing is taken any more: a machine may take less at a time than it has room for.</summary>
    private static int SendAll(Link link, params RioBuffer[] buffers)
    {
        var all = 0;
        var rest = buffers.ToList();
        while (rest.Count > 0 && TrySend(link, [.. rest], out var sent))
        {
            all += sent;
            while (rest.Count > 0 && sent >= rest[0].Length)
            {
                sent -= rest[0].Length;
                rest.RemoveAt(0);
            }

            if (sent > 0)
            {
                rest[0] = rest[0].Skip(sent);
            }
        }

        return all;
    }

    /// <summary>A machine that hesitates returns WouldBlock several times.</summary>
    private static bool TrySend(Link link, ReadOnlySpan<RioBuffer> buffers, out int sent)
    {
        const int Tries = 100;
        for (var i = 0; i < Tries; i++)
        {
            if (link.Queue.SendAtOnce(buffers, out sent) == SocketError.Success)
            {
                return true;
            }
        }

        sent = 0;
        return false;
    }

    private static SocketError SendUntilRefused(Link link, RioBuffer buffer)
    {
        SocketError error;
        while ((error = link.Queue.SendAtOnce([buffer], out var sent)) is SocketError.Success or SocketError.WouldBlock)
        {
            Assert.InRange(sent, 0, buffer.Length);
        }

        return error;
    }

    private static (SocketError Error, int Sent) SendUntilFull(Link link, RioBuffer next, ref int taken)
    {
        SocketError error;
        int sent;
        while ((error = link.Queue.SendAtOnce([next], out sent)) == SocketError.Success)
        {
            taken += sent;
            next = next with { Offset = next.Offset + sent, Address = next.Address + sent };
        }

        return (error, sent);
    }
}
