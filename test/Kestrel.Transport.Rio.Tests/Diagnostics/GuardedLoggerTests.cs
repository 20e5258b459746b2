using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Tests.Buffers;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Diagnostics;

public sealed class GuardedLoggerTests
{
    [Fact]
    public void Line_reaches_the_log_as_it_was_handed_over()
    {
        var log = new ListLogger(LogLevel.Debug);

        RioLog.ConnectionPause(new GuardedLogger(log), "a");

        var (level, id, text) = Assert.Single(log.Entries);
        Assert.Equal((LogLevel.Debug, 4, "Connection id \"a\" paused."), (level, id.Id, text));
    }

    [Fact]
    public void Level_that_a_provider_throws_about_is_logged_for_the_others()
    {
        var logger = new GuardedLogger(new ThrowingLogger());

        Assert.True(logger.IsEnabled(LogLevel.Debug));
        RioLog.ConnectionPause(logger, "a");
    }

    [Fact]
    public void Line_of_a_level_that_is_off_allocates_nothing()
    {
        var logger = new GuardedLogger(new ListLogger());
        RioLog.ConnectionPause(logger, "a");
        var before = GC.GetAllocatedBytesForCurrentThread();

        for (var i = 0; i < 1000; i++)
        {
            RioLog.ConnectionPause(logger, "a");
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
