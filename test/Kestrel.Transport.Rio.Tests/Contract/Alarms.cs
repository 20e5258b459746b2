using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Contract;

public abstract class Alarms
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    private protected abstract Alarm CreateAlarm();

    [Fact]
    public void No_set_is_lost_between_two_threads_that_rouse_each_other()
    {
        const int rounds = 20_000;
        var (there, back) = (CreateAlarm(), CreateAlarm());
        var answered = 0;
        var other = Start(() =>
        {
            while (answered < rounds)
            {
                there.Wait();
                answered++;
                back.Set();
            }
        });
        var self = Start(() =>
        {
            for (var i = 0; i < rounds; i++)
            {
                there.Set();
                back.Wait();
            }
        });

        Assert.True(self.Join(s_deadline), $"It waits after {answered} of {rounds} rounds.");
        Assert.True(other.Join(s_deadline));
        Assert.Equal(rounds, answered);
    }

    [Fact]
    public void A_wait_with_a_time_is_ended_by_a_set()
    {
        var (there, back) = (CreateAlarm(), CreateAlarm());
        var self = Start(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                there.Set();
                back.Wait(TimeSpan.FromHours(1));
            }
        });
        var other = Start(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                there.Wait(TimeSpan.FromHours(1));
                back.Set();
            }
        });

        Assert.True(self.Join(s_deadline));
        Assert.True(other.Join(s_deadline));
    }

    [Fact]
    public void Sets_before_a_wait_end_one_wait_and_the_next_lasts_its_time()
    {
        var alarm = CreateAlarm();
        alarm.Set();
        alarm.Set();
        Assert.True(Start(alarm.Wait).Join(s_deadline));

        AssertWaitsForTime(alarm);
    }

    [Fact]
    public void A_set_before_a_wait_with_a_time_ends_it_and_the_next_lasts_its_time()
    {
        var alarm = CreateAlarm();
        alarm.Set();
        Assert.True(Start(() => alarm.Wait(TimeSpan.FromHours(1))).Join(s_deadline));

        AssertWaitsForTime(alarm);
    }

    /// <summary>The system may interrupt a wait, but not time and again.</summary>
    private static void AssertWaitsForTime(Alarm alarm)
    {
        var time = TimeSpan.FromMilliseconds(20);
        var waits = 0;
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < 5 * time)
        {
            alarm.Wait(time);
            waits++;
        }

        Assert.InRange(waits, 1, 20);
    }

    private static Thread Start(Action work)
    {
        var thread = new Thread(() => work()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    public sealed class OfMonitors : Alarms
    {
        private protected override Alarm CreateAlarm() => new MonitorAlarm();
    }

    public sealed class OfFutexes : Alarms
    {
        public OfFutexes() => Assert.SkipUnless(
            OperatingSystem.IsLinux() && FutexAlarm.IsSupported,
            "not on this machine: the futex is Linux's, and known here for x64 and Arm64.");

        private protected override Alarm CreateAlarm() => new FutexAlarm();
    }
}
