using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Platform.Linux;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.IoUring;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Contract;

public abstract class Alarms
{
    private const int Rounds = 2000;

    private static readonly TimeSpan s_longTime = TimeSpan.FromHours(1);

    private protected abstract Alarm CreateAlarm();

    [Fact]
    public void Two_threads_that_wake_each_other_lose_no_set()
    {
        var (there, back) = (CreateAlarm(), CreateAlarm());
        var other = Start(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                there.Wait();
                back.Set();
            }
        });
        var self = Start(() =>
        {
            for (var i = 0; i < Rounds; i++)
            {
                there.Set();
                back.Wait();
            }
        });

        AssertEnds(self);
        AssertEnds(other);
    }

    /// <summary>It may return without a set, so each round has a condition of its own.</summary>
    [Fact]
    public void A_wait_with_a_time_is_ended_by_a_set()
    {
        var (there, back) = (CreateAlarm(), CreateAlarm());
        var (asked, answered) = (0, 0);
        var other = Start(() =>
        {
            for (var i = 1; i <= Rounds; i++)
            {
                while (Volatile.Read(ref asked) < i)
                {
                    there.Wait(s_longTime);
                }

                Volatile.Write(ref answered, i);
                back.Set();
            }
        });
        var self = Start(() =>
        {
            for (var i = 1; i <= Rounds; i++)
            {
                Volatile.Write(ref asked, i);
                there.Set();
                while (Volatile.Read(ref answered) < i)
                {
                    back.Wait(s_longTime);
                }
            }
        });

        AssertEnds(self);
        AssertEnds(other);
    }

    [Fact]
    public void Two_sets_end_one_wait()
    {
        var alarm = CreateAlarm();
        alarm.Set();
        alarm.Set();
        AssertEnds(Start(alarm.Wait));

        AssertWaitsForSet(alarm);
    }

    [Fact]
    public void Set_that_ended_a_timed_wait_ends_no_other()
    {
        var alarm = CreateAlarm();
        alarm.Set();
        AssertEnds(Start(() => alarm.Wait(s_longTime)));

        AssertWaitsForSet(alarm);
    }

    [Fact]
    public void Timed_wait_sleeps_and_ends_without_a_set()
    {
        var alarm = CreateAlarm();
        var time = TimeSpan.FromMilliseconds(20);
        var waits = 0;
        AssertEnds(Start(() =>
        {
            var start = Stopwatch.GetTimestamp();
            do
            {
                alarm.Wait(time);
                waits++;
            }
            while (Stopwatch.GetElapsedTime(start) < 5 * time);
        }));

        // Some may return sooner. A thread that does not sleep has thousands.
        Assert.InRange(waits, 1, 20);
    }

    private static void AssertWaitsForSet(Alarm alarm)
    {
        var waiter = Start(alarm.Wait);
        Assert.False(waiter.Join(TimeSpan.FromMilliseconds(100)));
        alarm.Set();
        AssertEnds(waiter);
    }

    private static Thread Start(Action work)
    {
        var thread = new Thread(() => work()) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static void AssertEnds(Thread thread) => Assert.True(thread.Join(Deadline.Length), "It waits for ever.");

    public sealed class OfEvents : Alarms
    {
        private protected override Alarm CreateAlarm() => new EventAlarm();
    }

    public sealed class OfFutexes : Alarms
    {
        public OfFutexes() => Assert.SkipUnless(
            OperatingSystem.IsLinux() && FutexAlarm.IsSupported,
            "not on this machine: the futex is Linux's, and known here for x64 and Arm64.");

        [Fact]
        public void The_provider_of_Linux_gives_one()
        {
            Assert.SkipWhen(IoUringMachine.WhyUnavailable is not null, IoUringMachine.WhyUnavailable ?? "");
            using var io = new IoUringIo();
            Assert.IsType<FutexAlarm>(io.CreateAlarm());
        }

        private protected override Alarm CreateAlarm() => new FutexAlarm();
    }
}
