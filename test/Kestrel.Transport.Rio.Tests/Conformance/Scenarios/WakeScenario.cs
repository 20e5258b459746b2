using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class WakeScenario : Scenario
{
    // A wait may return for no reason, so only one that does not return can be found out: it would last this long.
    private static readonly TimeSpan s_long = Deadline.Length;

    private protected WakeScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Fact]
    public void A_wake_before_the_wait_is_not_lost()
    {
        for (var i = 0; i < 100; i++)
        {
            Main.Queue.Wake();
            AssertReturnsSoon();
            Assert.Equal(0, Main.Queue.Dequeue(new RioResult[8]));
        }
    }

    [Fact]
    public async Task A_wake_from_another_thread_ends_a_wait()
    {
        const int Rounds = 300;
        var queue = Main.Queue;
        using var turn = new SemaphoreSlim(0);
        var waker = Task.Run(
            async () =>
            {
                for (var i = 0; i < Rounds; i++)
                {
                    await turn.WaitAsync(TestContext.Current.CancellationToken);
                    queue.Wake();
                }
            },
            TestContext.Current.CancellationToken);

        for (var i = 0; i < Rounds; i++)
        {
            turn.Release();
            AssertReturnsSoon();
            queue.Dequeue(new RioResult[8]);
        }

        await waker;
    }

    [Fact]
    public async Task Many_wakes_from_many_threads_leave_nothing_behind()
    {
        var queue = Main.Queue;
        var wakers = Enumerable.Range(0, 4).Select(_ => Task.Run(
            () =>
            {
                for (var i = 0; i < 2_500; i++)
                {
                    queue.Wake();
                }
            },
            TestContext.Current.CancellationToken)).ToArray();
        var all = Task.WhenAll(wakers);
        Main.RunUntil(() => all.IsCompleted, "10,000 wakes");
        await all;

        Main.Fence();
        Main.Drain();
        Assert.Equal(0, queue.Dequeue(new RioResult[8]));
    }

    [Fact]
    public void A_wait_returns_when_the_time_is_over()
    {
        var start = DateTime.UtcNow;

        Main.Queue.Wait(TimeSpan.FromMilliseconds(20));
        Main.Queue.Wait(TimeSpan.Zero);

        Assert.True(DateTime.UtcNow - start < s_long);
    }

    [Fact]
    public void A_wait_sleeps_for_about_its_time_when_nothing_happens()
    {
        // It may return for no reason, but a wait that never sleeps is a spin: of many at least one must last.
        Main.Queue.Wait(TimeSpan.Zero);
        var lasted = Enumerable.Range(0, 10).Select(_ => Measure(TimeSpan.FromMilliseconds(30))).Max();

        Assert.True(lasted > TimeSpan.FromMilliseconds(20), $"The longest wait took {lasted}.");
    }

    [Fact]
    public void A_wait_without_time_does_not_sleep()
    {
        Assert.False(Main.Queue.Wait(TimeSpan.Zero));
    }

    [Fact]
    public void A_wait_in_which_nothing_happens_sleeps()
    {
        // It may return for no reason.
        Assert.Contains(true, Enumerable.Range(0, 10).Select(_ => Main.Queue.Wait(TimeSpan.FromMilliseconds(10))));
    }

    [Fact]
    public void A_wait_with_a_completion_at_hand_does_not_sleep()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        link.Peer.Write([1]);

        var deadline = new Deadline();
        while (Main.Queue.Wait(Deadline.Length))
        {
            Assert.False(deadline.IsOver);
        }

        Main.CompletionOf(link, 1);
    }

    [Fact]
    public async Task A_completion_ends_a_wait()
    {
        var link = Main.Connect();
        var memory = Bench.Allocate(4096);
        link.Queue.Receive(memory.All, requestContext: 1);
        Main.Queue.Submit();
        var writing = Task.Run(() => link.Peer.Write([1]), TestContext.Current.CancellationToken);

        var results = new RioResult[8];
        var deadline = new Deadline();
        while (Main.Queue.Dequeue(results) == 0)
        {
            Assert.False(deadline.IsOver);
            AssertReturnsSoon();
        }

        Assert.Equal(1u, results[0].BytesTransferred);
        await writing;
    }

    [Fact]
    public void Wait_hands_requests_to_the_kernel_as_Submit_does()
    {
        var link = Main.Connect();
        link.Peer.StartReading();
        var memory = Bench.Allocate(4096);
        link.Queue.Send(memory.All, requestContext: 1);

        AssertReturnsSoon();

        Main.RunUntil(() => link.Peer.Received == 4096, "the bytes");
    }

    private void AssertReturnsSoon() => Assert.True(Measure(s_long) < s_long / 2, "The wait did not end.");

    private TimeSpan Measure(TimeSpan timeout)
    {
        var start = System.Diagnostics.Stopwatch.GetTimestamp();
        Main.Queue.Wait(timeout);
        return System.Diagnostics.Stopwatch.GetElapsedTime(start);
    }
}
