namespace Kestrel.Transport.Rio.Platform;

/// <summary>Waits that end in time, whatever they are for.</summary>
internal static class BoundedWait
{
    /// <summary>Waits for the task, and throws what it throws. False when it has not completed in time; it goes on.</summary>
    public static async Task<bool> CompletesWithinAsync(this Task task, TimeSpan time)
    {
        try
        {
            await task.WaitAsync(time);
            return true;
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            return false;
        }
    }
}
