using System.Runtime.CompilerServices;

namespace Kestrel.Transport.Rio.FunctionalTests.Support;

/// <summary>The waits of these tests. Each is for a condition and has a deadline; none is for time to pass.</summary>
public static class Wait
{
    /// <summary>Far more than anything here takes on a busy two-core machine.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(10);

    /// <summary>For tasks that take no token.</summary>
    public static async Task InTimeAsync(this Task task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        ArgumentNullException.ThrowIfNull(task);
        try
        {
            await task.WaitAsync(Patience);
        }
        catch (TimeoutException e) when (!task.IsCompleted)
        {
            throw new TimeoutException($"Waited {Patience} for: {what}", e);
        }
    }

    public static async Task<T> InTimeAsync<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string what = "")
    {
        await InTimeAsync((Task)task, what);
        return await task;
    }

    /// <summary>For conditions that nobody signals.</summary>
    public static async Task UntilAsync(
        Func<bool> condition, CancellationToken deadline, [CallerArgumentExpression(nameof(condition))] string what = "")
    {
        ArgumentNullException.ThrowIfNull(condition);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(deadline);
        patience.CancelAfter(Patience);
        while (!condition())
        {
            try
            {
                await Task.Delay(s_poll, patience.Token);
            }
            catch (OperationCanceledException e)
            {
                throw new TimeoutException($"Waited {Patience} for: {what}", e);
            }
        }
    }

    /// <summary>
    /// Waits until a counter stands still. On a slow machine it may only pause, which makes it smaller than it will be: so
    /// assert upper bounds on it, and those can never fail falsely.
    /// </summary>
    public static async Task<long> UntilStillAsync(Func<long> counter, CancellationToken deadline)
    {
        ArgumentNullException.ThrowIfNull(counter);
        const int StillFor = 40;
        var last = counter();
        var still = 0;
        await UntilAsync(
            () =>
            {
                var now = counter();
                still = now == last ? still + 1 : 0;
                last = now;
                return still == StillFor;
            },
            deadline,
            "the counter to stand still");
        return last;
    }
}
