using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

/// <summary>A completion queue is owned by one thread at a time, not by one thread for ever.</summary>
public abstract class HandOverScenario : Scenario
{
    private protected HandOverScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void Request_of_one_thread_completes_on_another()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.Slice(0, 10), requestContext: 1);
        link.Queue.Send(memory.Slice(10, 10), requestContext: 2);
        Main.Queue.Submit();

        OnAnotherThread(
            () =>
            {
                link.Peer.Write([1]);
                Main.CompletionOf(link, 1);
                Main.CompletionOf(link, 2);
            });

        Main.RunUntil(() => link.Peer.Received == 10, "the bytes");
    }

    /// <summary>
    /// Both kernels cancel what a thread has posted when the thread exits. A provider that does not make up for it says so once,
    /// and does not end the connection.
    /// </summary>
    [Fact]
    public void Request_of_an_ended_thread_completes_once_and_traffic_continues()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        OnAnotherThread(
            () =>
            {
                link.Queue.Receive(memory.Slice(0, 10), requestContext: 1);
                Main.Queue.Submit();
            });
        Main.Fence();
        link.Peer.Write([7]);
        var first = Main.CompletionOf(link, 1);
        if (first.Status == SocketError.Success || Bench.Io.Capabilities.KeepsRequestsOfEndedThreads)
        {
            Assert.Equal((SocketError.Success, 1u), (first.Status, first.BytesTransferred));
            return;
        }

        Assert.Equal((SocketError.OperationAborted, 0u), (first.Status, first.BytesTransferred));
        link.Queue.Receive(memory.Slice(0, 10), requestContext: 2);
        Assert.Equal(1u, Main.CompletionOf(link, 2).BytesTransferred);
        Assert.Equal(7, memory.Span[0]);
    }

    [Fact]
    public void The_queue_goes_from_thread_to_thread_under_traffic()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        for (var i = 1UL; i <= 20; i++)
        {
            var context = i;
            OnAnotherThread(
                () =>
                {
                    link.Queue.Send(memory.Slice((int)context, 1), context);
                    if (context > 1)
                    {
                        Main.CompletionOf(link, context - 1);
                    }
                });
        }

        Main.CompletionOf(link, 20);
        Main.RunUntil(() => link.Peer.Received == 20, "the bytes");
    }

    private static void OnAnotherThread(Action action)
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(action));
        thread.Start();
        thread.Join();
        Assert.Null(thrown);
    }
}
