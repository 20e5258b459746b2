using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Platform.Linux;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

public sealed class LinuxThreadTimesTests
{
    // What the kernel calls running and what it calls waiting to run leaves a tick or two to neither.
    private static readonly TimeSpan s_ticks = TimeSpan.FromMilliseconds(50);

    public LinuxThreadTimesTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: there is no /proc.");

    [Fact]
    public void Computing_thread_runs_or_lacks_a_processor()
    {
        var deadline = new Deadline();
        TimeSpan missing;
        do
        {
            // Not each time: a hypervisor, a collection may have the processor meanwhile.
            Assert.False(deadline.IsOver, "A thread that computes is never said to have done so.");
            missing = MissingTime();
        }
        while (missing.Duration() > s_ticks);
    }

    [Fact]
    public void Waiting_thread_neither_runs_nor_lacks_a_processor()
    {
        using var gate = new ManualResetEvent(initialState: false);
        var deadline = new Deadline();
        TimeSpan used;
        do
        {
            Assert.False(deadline.IsOver, "A thread that waits is always said to compute.");
            var times = Read();
            Assert.False(gate.WaitOne(4 * s_ticks));
            times = Read() - times;
            used = times.Ran + times.LackedProcessor;
            Assert.True(times.Ran > TimeSpan.Zero);
        }
        while (used > s_ticks);
    }

    private static TimeSpan MissingTime()
    {
        var start = Stopwatch.GetTimestamp();
        var times = Read();
        while (Stopwatch.GetElapsedTime(start) < 4 * s_ticks)
        {
            // It computes.
        }

        times = Read() - times;
        return Stopwatch.GetElapsedTime(start) - times.Ran - times.LackedProcessor;
    }

    private static ThreadTimes Read()
    {
        Assert.NotNull(LinuxThreadTimes.OfCurrentThread());
        return LinuxThreadTimes.OfCurrentThread()!.Value;
    }
}
