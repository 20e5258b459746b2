using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Contract;

public sealed class AdaptiveSpinTests
{
    private readonly SteppingTime _time = new();
    private readonly AdaptiveSpin _spin;

    public AdaptiveSpinTests() => _spin = new AdaptiveSpin(yields: true, _time, processors: 2);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Spin_on_one_processor_runs_only_where_it_yields(bool yields)
        => Assert.Equal(yields, new AdaptiveSpin(yields, _time, processors: 1).Begin());

    [Fact]
    public void Spin_that_finds_nothing_halves_and_then_stops()
    {
        var lengths = new List<int>();
        while (_spin.Begin())
        {
            lengths.Add(LookInVain());
        }

        // To a microsecond: the clock goes on with each look at it.
        Assert.Equal(5, lengths.Count);
        Assert.All(lengths.Zip([50, 25, 13, 7, 4]), static pair => Assert.InRange(pair.First, pair.Second - 1, pair.Second + 1));
    }

    [Fact]
    public void Spin_is_tried_again_after_some_sleeps()
    {
        while (_spin.Begin())
        {
            _ = LookInVain();
        }

        var sleeps = 1;
        while (!_spin.Begin())
        {
            sleeps++;
        }

        Assert.Equal(32, sleeps + 1);
        Assert.Equal(50, LookInVain());
    }

    [Fact]
    public void Spin_that_finds_something_doubles()
    {
        Assert.True(_spin.Begin());
        _ = LookInVain();
        Assert.True(_spin.Begin());
        _spin.OnFound();

        Assert.True(_spin.Begin());
        Assert.Equal(50, LookInVain());
    }

    [Fact]
    public void Spin_ends_when_another_thread_wants_the_core()
    {
        Assert.True(_spin.Begin());

        // As if somebody else had the core between any two looks at the clock.
        _time.Step = TimeSpan.FromMicroseconds(6);
        var looks = 1;
        while (_spin.GoOn())
        {
            looks++;
        }

        Assert.Equal(4, looks);
    }

    [Fact]
    public void Spin_that_keeps_the_core_uses_its_time()
    {
        var spin = new AdaptiveSpin(yields: false, _time, processors: 2);
        Assert.True(spin.Begin());
        _time.Step = TimeSpan.FromMicroseconds(6);
        var looks = 1;
        while (spin.GoOn())
        {
            looks++;
        }

        // 50 us, of which each look takes 6.
        Assert.Equal(9, looks);
    }

    /// <summary>How many microseconds it took, a look at the clock each.</summary>
    private int LookInVain()
    {
        var start = _time.Now;
        while (_spin.GoOn())
        {
        }

        return (int)Math.Round((_time.Now - start).TotalMicroseconds);
    }

    /// <summary>Goes on by a step with every look.</summary>
    private sealed class SteppingTime : TimeProvider
    {
        public TimeSpan Now { get; private set; }

        public TimeSpan Step { get; set; } = TimeSpan.FromMicroseconds(1);

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp()
        {
            Now += Step;
            return Now.Ticks;
        }
    }
}
