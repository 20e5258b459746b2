using System.Diagnostics;
using Kestrel.Transport.Rio.IoUring;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

public sealed class LinuxThreadTimesTests
{
    // What the kernel calls running and what it calls waiting to run leaves a tick or two to neither.
    private static readonly TimeSpan s_ticks = TimeSpan.FromMilliseconds(50);

    public LinuxThreadTimesTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: there is no /proc.");

    [Fact]
    public void Who_computes_has_a_processor_or_lacks_one()
    {
        var start = Stopwatch.GetTimestamp();
        var times = LinuxThreadTimes.OfCurrentThread();
        while (Stopwatch.GetElapsedTime(start) < 4 * s_ticks)
        {
            // It computes.
        }

        times = LinuxThreadTimes.OfCurrentThread() - times;
        var time = Stopwatch.GetElapsedTime(start);
        Assert.NotNull(times);
        Assert.InRange(times.Value.Ran + times.Value.LackedProcessor, time - s_ticks, time + s_ticks);
        Assert.True(times.Value.Ran > TimeSpan.Zero);
    }

    [Fact]
    public void Who_waits_does_neither()
    {
        using var gate = new ManualResetEvent(initialState: false);
        var times = LinuxThreadTimes.OfCurrentThread();
        Assert.False(gate.WaitOne(4 * s_ticks));
        times = LinuxThreadTimes.OfCurrentThread() - times;
        Assert.NotNull(times);
        Assert.InRange(times.Value.Ran, TimeSpan.Zero, s_ticks);
    }
}
