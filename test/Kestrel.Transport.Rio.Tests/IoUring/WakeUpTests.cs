using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

public sealed class WakeUpTests
{
    public WakeUpTests() => Assert.SkipWhen(IoUringMachine.WhyUnavailable is not null, IoUringMachine.WhyUnavailable ?? "");

    /// <summary>
    /// A poller may have been woken by something else and have ended while a thread is still on its way to wake it.
    /// </summary>
    [Fact]
    public void Late_wake_up_leaves_the_next_descriptor_owner_alone()
    {
        using var io = new IoUringIo();
        var queue = io.CreateCompletionQueue(64);
        queue.Dispose();

        // Whoever opens something now is given the numbers that have become free.
        var folder = Directory.CreateTempSubdirectory();
        var files = Enumerable.Range(0, 32)
            .Select(i => File.OpenHandle(Path.Combine(folder.FullName, $"{i}"), FileMode.CreateNew, FileAccess.ReadWrite))
            .ToArray();
        queue.Wake();

        Assert.All(files, file => Assert.Equal(0, RandomAccess.GetLength(file)));
        Array.ForEach(files, file => file.Dispose());
        folder.Delete(recursive: true);
    }

    [Fact]
    public void WakeUp_ends_each_wait_that_follows_it()
    {
        using var io = new IoUringIo();
        AssertWakeUpsArrive((IoUringCompletionQueue)io.CreateCompletionQueue(64));
    }

    /// <summary>And disposes the queue. More than one, since the first waits may end with earlier wake-ups.</summary>
    private static void AssertWakeUpsArrive(IoUringCompletionQueue queue)
    {
        var results = new RioResult[1];
        for (var i = 0; i < 8; i++)
        {
            var start = Stopwatch.GetTimestamp();
            queue.Wake();
            queue.Wait(Deadline.Length);
            Assert.True(Stopwatch.GetElapsedTime(start) < Deadline.Length, $"Wake-up {i} did not arrive.");
            Assert.Equal(0, queue.Dequeue(results));
        }

        Assert.Equal(0, queue.Outstanding);
        queue.Dispose();
    }
}
