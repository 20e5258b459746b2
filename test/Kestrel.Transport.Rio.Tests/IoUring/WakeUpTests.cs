using Kestrel.Transport.Rio.IoUring;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

public sealed class WakeUpTests
{
    public WakeUpTests() => Assert.SkipWhen(IoUringMachine.WhyUnavailable is not null, IoUringMachine.WhyUnavailable ?? "");

    /// <summary>
    /// A poller may have been woken by something else and have ended while a thread is still on its way to wake it.
    /// </summary>
    [Fact]
    public void A_wake_up_that_comes_too_late_writes_nothing_to_the_next_owner_of_the_descriptor()
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
}
