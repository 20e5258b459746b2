using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

public sealed class PollerThreadPoolTests
{
    [Fact]
    public async Task Machine_that_gives_no_thread_is_asked_every_100_milliseconds()
    {
        var now = 0L;
        var attempts = 0;
        var gives = false;
        var crew = new PollerThreadPool(mayEndThreads: true, observeCurrentThread: null, Start, () => now);
        for (; now < 1000; now++)
        {
            Assert.Null(crew.TryTake());
            crew.AddStandBy();
        }

        Assert.Equal(10, attempts);
        Assert.Equal(0, crew.Threads);

        gives = true;
        var thread = crew.TryTake();
        Assert.NotNull(thread);
        Assert.True(crew.TakeBack(thread));
        Assert.True(await crew.StopAsync(Deadline.Length));

        void Start(Thread thread)
        {
            attempts++;
            if (!gives)
            {
                throw NoMoreThreads.Exception;
            }

            thread.UnsafeStart();
        }
    }
}
