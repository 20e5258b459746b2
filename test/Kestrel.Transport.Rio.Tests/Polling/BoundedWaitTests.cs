using Kestrel.Transport.Rio.Platform;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

public sealed class BoundedWaitTests
{
    [Fact]
    public async Task Task_that_does_not_complete_in_time_is_reported()
    {
        var never = new TaskCompletionSource();

        Assert.False(await never.Task.CompletesWithinAsync(TimeSpan.Zero));
    }

    [Fact]
    public async Task Completed_task_is_in_time_even_without_any()
        => Assert.True(await Task.CompletedTask.CompletesWithinAsync(TimeSpan.Zero));

    /// <summary>It looks like the end of the time, which is told from it by the task alone.</summary>
    [Fact]
    public async Task Task_that_fails_with_a_timeout_of_its_own_throws_it()
    {
        var failed = Task.FromException(new TimeoutException("its own"));

        var error = await Assert.ThrowsAsync<TimeoutException>(() => failed.CompletesWithinAsync(TimeSpan.FromMinutes(1)));

        Assert.Equal("its own", error.Message);
    }
}
