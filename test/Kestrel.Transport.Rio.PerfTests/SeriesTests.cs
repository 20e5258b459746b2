using LoadDriver.Measuring;
using Xunit;

namespace Kestrel.Transport.Rio.PerfTests;

public sealed class SeriesTests
{
    [Fact]
    public void The_median_is_the_one_in_the_middle_or_the_mean_of_two()
    {
        Assert.Equal(new Series(3, 1, 9), Series.Of([9, 1, 3]));
        Assert.Equal(new Series(2.5, 1, 9), Series.Of([9, 2, 1, 3]));
        Assert.Equal(new Series(7, 7, 7), Series.Of([7]));
        Assert.Null(Series.Of([]));
    }

    [Fact]
    public void Spreads_overlap_when_they_have_a_value_in_common()
    {
        var low = new Series(2, 1, 3);
        Assert.True(low.Overlaps(new Series(4, 3, 5)));
        Assert.True(low.Overlaps(new Series(2, 1.5, 2.5)));
        Assert.False(low.Overlaps(new Series(4, 3.1, 5)));
        Assert.False(new Series(4, 3.1, 5).Overlaps(low));
    }

    [Fact]
    public void Noise_disturbs_from_a_twentieth_of_a_processor_on()
    {
        Assert.False(new Noise(0.2, 0.05, 0.05).IsDisturbing);
        Assert.True(new Noise(0.3, 0, 0).IsDisturbing);
        Assert.True(new Noise(0, 0.06, 0).IsDisturbing);
        Assert.True(new Noise(0, 0, 0.06).IsDisturbing);
    }
}
