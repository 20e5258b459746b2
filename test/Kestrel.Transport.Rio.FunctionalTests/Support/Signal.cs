namespace Kestrel.Transport.Rio.FunctionalTests.Support;

/// <summary>Set once, awaited with a deadline. Never runs the waiter on the thread that sets it, which may be a poller's.</summary>
public sealed class Signal
{
    private readonly TaskCompletionSource _source = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsSet => _source.Task.IsCompleted;

    public Task Task => _source.Task;

    public void Set() => _source.TrySetResult();

    public Task WaitAsync(CancellationToken deadline) => _source.Task.WaitAsync(deadline);
}
