using Kestrel.Transport.Rio.Polling;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

public sealed class FallbackToPoolTests
{
    private const int Second = 1000;

    private long _now = 1_000_000;

    [Theory]
    [InlineData(2)]
    [InlineData(5)]
    public void It_begins_with_the_last_thread(int maxThreads)
    {
        var fallback = new FallbackToPool(maxThreads);
        for (var kept = 1; kept < maxThreads - 1; kept++)
        {
            Assert.False(fallback.OnReplaced(_now));
        }

        Assert.False(fallback.IsActive);
        Assert.True(fallback.OnReplaced(_now));
        Assert.True(fallback.IsActive);
    }

    [Fact]
    public void It_begins_when_hand_overs_are_frequent_though_threads_come_back()
    {
        var fallback = new FallbackToPool(maxThreads: 100);
        var handOvers = 0;
        do
        {
            handOvers++;
            _now += 10;
            fallback.OnReplaced(_now);
            fallback.OnThreadBack();
        }
        while (!fallback.IsActive);

        Assert.InRange(handOvers, 5, 20);
    }

    [Fact]
    public void A_few_hand_overs_a_second_are_no_reason()
    {
        var fallback = new FallbackToPool(maxThreads: 100);
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
    public void In_vain_it_stays_longer_each_time_and_after_a_calm_time_it_is_forgotten()
    {
        var fallback = new FallbackToPool(maxThreads: 2);
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60], Enumerable.Range(0, 8).Select(_ => Stay(fallback)));

        _now += 10 * Second;
        Assert.Equal(1, Stay(fallback));
    }

    /// <summary>How many seconds a stay lasts that begins now.</summary>
    private int Stay(FallbackToPool fallback)
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

    private FallbackToPool Begun()
    {
        var fallback = new FallbackToPool(maxThreads: 4);
        for (var i = 0; i < 3; i++)
        {
            fallback.OnReplaced(_now);
        }

        fallback.OnThreadBack();
        return fallback;
    }
}
