using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>Waits on the spot for another thread that is about to do something.</summary>
internal static class Spin
{
    public static void Until(Func<bool> condition, string what)
    {
        var deadline = new Deadline();
        var spin = default(SpinWait);
        while (!condition())
        {
            if (deadline.IsOver)
            {
                Assert.Fail($"Did not happen in {Deadline.Length}: {what}. The thread pool has {ThreadPool.ThreadCount} threads, and {ThreadPool.PendingWorkItemCount} pieces of work that wait for one.");
            }

            // Yields, and does not sleep: what is waited for takes microseconds.
            spin.SpinOnce(sleep1Threshold: -1);
        }
    }
}
