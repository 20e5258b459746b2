using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

/// <summary>For providers with <see cref="RioCapabilities.KeepsRequestsOfEndedThreads"/>.</summary>
public abstract class EndedThreadScenario : Scenario
{
    private protected EndedThreadScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    /// <summary>The thread is gone while the socket's buffer is full, and a part of the bytes is sent.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    public void Large_sends_of_a_thread_that_is_gone_lose_nothing(int count)
    {
        const int Large = 16 * 1024 * 1024;
        var link = Main.Connect();
        var memory = Bench.AllocateFilled(Large);
        OnAnotherThread(
            () =>
            {
                for (var i = 0; i < count; i++)
                {
                    link.Queue.Send(memory.Slice(i * (Large / count), Large / count), (ulong)i, RequestFlags.Defer);
                }

                link.Queue.Commit();
                Main.Fence();
            });
        Main.Fence();
        Assert.True(Main.CompletionsOf(link).Count() < count);

        link.Peer.StartReading();

        Main.RunUntil(() => Main.CompletionsOf(link).Count() == count, "all sends");
        Assert.All(Main.CompletionsOf(link), result => Assert.Equal((SocketError.Success, (uint)(Large / count)), (result.Status, result.BytesTransferred)));
        Main.RunUntil(() => link.Peer.Received == Large, "the bytes");
        Assert.Equal(memory.Bytes, link.Peer.ReceivedBytes());
    }

    [Fact]
    public void Accepts_and_wakes_survive_the_thread_that_armed_them()
    {
        const ulong Listener = 7;
        var listenSocket = Bench.Own(ProviderFixture.Listen());
        AcceptQueue accepts = null!;
        OnAnotherThread(
            () =>
            {
                accepts = Main.Queue.CreateAcceptQueue(listenSocket, Listener);
                accepts.Arm();
                Main.Queue.Submit();
            });

        Main.Queue.Wake();
        Main.Queue.Wait(Deadline.Length);
        using var peer = Bench.Fixture.ConnectTo(listenSocket);
        Main.RunUntil(() => Main.Seen.Exists(result => result.SocketContext == Listener), "the accept");
        var accepted = Main.Seen.Find(result => result.SocketContext == Listener);
        Assert.Equal(SocketError.Success, accepted.Status);
        Bench.Io.Discard(accepts.TakeAccepted(accepted));
        accepts.Close();
        Main.RunUntil(() => !accepts.IsArmed, "the end of the accepts");
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
