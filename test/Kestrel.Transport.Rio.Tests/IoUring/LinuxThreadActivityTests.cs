using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Platform.Linux;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

public sealed class LinuxThreadActivityTests
{
    public LinuxThreadActivityTests() => Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: there is no /proc.");

    [Fact]
    public void A_thread_that_waits_cannot_run_and_uses_no_processor()
    {
        using var gate = new ManualResetEventSlim();
        var (thread, activity) = Start(gate.Wait);
        using (activity)
        {
            Spin.Until(() => !activity.IsRunnable, "the wait");
            var time = activity.ProcessorTime;
            Assert.InRange(time, TimeSpan.FromTicks(1), TimeSpan.FromMinutes(1));
            for (var i = 0; i < 100; i++)
            {
                Assert.False(activity.IsRunnable);
            }

            Assert.Equal(time, activity.ProcessorTime);
            gate.Set();
            thread.Join();
        }
    }

    [Fact]
    public void A_thread_that_computes_can_run_and_its_time_grows()
    {
        var isOver = false;
        var (thread, activity) = Start(() =>
        {
            while (!Volatile.Read(ref isOver))
            {
                // It computes.
            }
        });
        using (activity)
        {
            var start = activity.ProcessorTime;
            Spin.Until(() => activity.ProcessorTime - start > TimeSpan.FromMilliseconds(5), "the use of a processor");
            Assert.True(activity.IsRunnable);
            Volatile.Write(ref isOver, true);
            thread.Join();
        }
    }

    [Fact]
    public void A_thread_that_has_ended_cannot_run()
    {
        var (thread, activity) = Start(static () => { });
        thread.Join();
        Spin.Until(() => !activity.IsRunnable, "the end, which the system shows a little later");
        activity.Dispose();
        Assert.False(activity.IsRunnable);
    }

    private static (Thread Thread, ThreadActivity Activity) Start(Action work)
    {
        using var observed = new ManualResetEventSlim();
        ThreadActivity? activity = null;

        // The system's line has the name in brackets, and this one looks like what comes behind it.
        var thread = new Thread(() =>
        {
            activity = LinuxThreadActivity.OfCurrentThread();
            observed.Set();
            work();
        })
        { Name = "a) R b) Z (" };
        thread.Start();
        observed.Wait(TestContext.Current.CancellationToken);
        Assert.NotNull(activity);
        return (thread, activity);
    }
}
