using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

public sealed class PollerOverloadTests
{
    private const int Second = 1000;

    private long _now = 1_000_000;

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(32)]
    public void With_the_last_thread_it_takes_all(int maxThreads)
    {
        var fallback = new PollerOverload(maxThreads);
        for (var kept = 1; kept < maxThreads - 1; kept++)
        {
            fallback.OnReplaced(_now);
            Assert.False(fallback.Takes(isQuick: true));
        }

        Assert.True(fallback.OnReplaced(_now));
        Assert.True(fallback.Takes(isQuick: true));
        Assert.True(fallback.Takes(isQuick: false));
    }

    [Fact]
    public void Last_quarter_of_threads_is_for_quick_connections()
    {
        var fallback = new PollerOverload(maxThreads: 8);
        for (var kept = 1; kept < 5; kept++)
        {
            Assert.False(fallback.OnReplaced(_now));
            Assert.False(fallback.Takes(isQuick: false));
        }

        Assert.True(fallback.OnReplaced(_now));
        Assert.True(fallback.Takes(isQuick: false));
        Assert.False(fallback.Takes(isQuick: true));
    }

    [Fact]
    public void Waiting_work_leaves_the_last_quarter_of_threads()
    {
        var fallback = new PollerOverload(maxThreads: 8);
        for (var kept = 1; kept < 5; kept++)
        {
            Assert.True(fallback.TryReserve());
        }

        Assert.False(fallback.TryReserve());
        Assert.Equal(4, fallback.AsideThreads);
        fallback.OnAsideThreadBack();
        Assert.True(fallback.TryReserve());
    }

    [Fact]
    public void Work_that_waits_for_ever_does_not_keep_it_from_coming_back()
    {
        var fallback = new PollerOverload(maxThreads: 8);
        while (fallback.TryReserve())
        {
        }

        Assert.True(fallback.OnReplaced(_now));
        fallback.OnThreadBack();
        _now += Second;

        Assert.True(fallback.MayEnd(_now));
    }

    [Fact]
    public void Frequent_hand_overs_begin_and_then_complete_the_overload()
    {
        var fallback = new PollerOverload(maxThreads: 100);
        Assert.InRange(HandOversUntil(fallback, static fallback => fallback.Takes(isQuick: false)), 32, 40);
        Assert.False(fallback.Takes(isQuick: true));
        Assert.InRange(HandOversUntil(fallback, static fallback => fallback.Takes(isQuick: true)), 32, 40);
    }

    [Fact]
    public void A_burst_is_no_reason()
    {
        var fallback = new PollerOverload(maxThreads: 100);
        for (var burst = 0; burst < 5; burst++)
        {
            _now += 4 * Second;
            for (var i = 0; i < 32; i++)
            {
                Assert.False(fallback.OnReplaced(_now));
                fallback.OnThreadBack();
            }
        }
    }

    [Fact]
    public void A_few_hand_overs_a_second_are_no_reason()
    {
        var fallback = new PollerOverload(maxThreads: 100);
        for (var i = 0; i < 100; i++)
        {
            _now += Second / 5;
            Assert.False(fallback.OnReplaced(_now));
            fallback.OnThreadBack();
        }
    }

    [Fact]
    public void It_ends_after_a_while_and_when_half_of_the_threads_are_back()
    {
        var fallback = Begun();
        Assert.False(fallback.MayEnd(_now));
        _now += Second;
        Assert.False(fallback.MayEnd(_now));

        fallback.OnThreadBack();
        Assert.True(fallback.MayEnd(_now));
        fallback.End(_now);
        Assert.False(fallback.IsActive);
    }

    [Fact]
    public void Back_off_doubles_and_a_calm_time_resets_it()
    {
        var fallback = new PollerOverload(maxThreads: 2);
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], Enumerable.Range(0, 8).Select(_ => Stay(fallback)));

        _now += 10 * Second;
        Assert.Equal(1, Stay(fallback));
    }

    /// <summary>Hand-overs every 10 ms, each of a thread that is back soon.</summary>
    private int HandOversUntil(PollerOverload fallback, Func<PollerOverload, bool> condition)
    {
        var handOvers = 0;
        do
        {
            handOvers++;
            _now += 10;
            fallback.OnReplaced(_now);
            fallback.OnThreadBack();
        }
        while (!condition(fallback));

        return handOvers;
    }

    /// <summary>How many seconds a stay lasts that begins now.</summary>
    private int Stay(PollerOverload fallback)
    {
        Assert.True(fallback.OnReplaced(_now));
        fallback.OnThreadBack();
        var seconds = 0;
        while (!fallback.MayEnd(_now))
        {
            seconds++;
            _now += Second;
        }

        fallback.End(_now);
        return seconds;
    }

    private PollerOverload Begun()
    {
        var fallback = new PollerOverload(maxThreads: 4);
        for (var i = 0; i < 3; i++)
        {
            fallback.OnReplaced(_now);
        }

        fallback.OnThreadBack();
        return fallback;
    }
}
