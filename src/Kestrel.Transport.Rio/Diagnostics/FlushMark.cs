namespace Kestrel.Transport.Rio.Diagnostics;

/// <summary>Is reached when every line before it has been written.</summary>
internal sealed class FlushMark : LogLine
{
    private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Reached => _reached.Task;

    public override void Write() => _reached.SetResult();
}
