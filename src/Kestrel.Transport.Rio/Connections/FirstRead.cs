using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>A read that is told on the poller, as application work of its connection, whenever and wherever it completes.</summary>
internal sealed class FirstRead(ValueTask<ReadResult> read, CompletionPoller poller, AdaptiveScheduler? source) : IValueTaskSource<ReadResult>
{
    private ManualResetValueTaskSourceCore<ReadResult> _told;

    public ValueTask<ReadResult> Task => new(this, _told.Version);

    public ReadResult GetResult(short token) => _told.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _told.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        // As with the pipe's own: where it goes on says the transport.
        _told.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

        // Not before somebody waits: who found it completed would go on where he is. What completes later the pipe tells where
        // it is to be told.
        var awaiter = read.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            ScheduleTell();
        }
        else
        {
            awaiter.UnsafeOnCompleted(Tell);
        }
    }

    private void ScheduleTell() => poller.Schedule(new ReadyWork(static read => ((FirstRead)read!).Tell(), this, source));

    private void Tell()
    {
        ReadResult result;
        try
        {
#pragma warning disable VSTHRD002 // It has completed.
            result = read.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        }
        catch (Exception e)
        {
            _told.SetException(e);
            return;
        }

        _told.SetResult(result);
    }
}
