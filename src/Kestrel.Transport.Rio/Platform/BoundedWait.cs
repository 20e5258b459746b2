namespace Kestrel.Transport.Rio.Platform;

/// <summary>Waits that end in time, whatever they are for.</summary>
internal static class BoundedWait
{
    /// <summary>Waits for the task, and throws what it throws. False when it has not completed in time; it goes on.</summary>
    public static async Task<bool> CompletesWithinAsync(this Task task, TimeSpan time)
    {
        // The task may complete between the end of the time and the question, so the task alone says how it went.
        await task.WaitAsync(time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!task.IsCompleted)
        {
            return false;
        }

        await task;
        return true;
    }
}
