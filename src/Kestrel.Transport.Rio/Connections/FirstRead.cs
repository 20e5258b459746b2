using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>A read whose continuation runs on the poller, as application work of its connection, whenever and wherever the read completes.</summary>
/// <remarks>
/// An <c>await</c> looks at the status once and goes on at once when the read has completed. So the first look says Pending, and the
/// <c>await</c> registers its continuation. Later looks, by a caller that polls, and the result are the pipe's own.
/// </remarks>
internal sealed class FirstRead(ValueTask<ReadResult> read, CompletionPoller poller, ApplicationScheduler? source) : IValueTaskSource<ReadResult>
{
    private ManualResetValueTaskSourceCore<ReadResult> _continued;
    private bool _isLookedAt;
    private bool _hasContinuation;

    public ValueTask<ReadResult> Task => new(this, _continued.Version);

#pragma warning disable VSTHRD002 // Before it has completed the pipe throws.
    public ReadResult GetResult(short token) => _hasContinuation ? _continued.GetResult(token) : read.GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    public ValueTaskSourceStatus GetStatus(short token)
    {
        if (_hasContinuation)
        {
            return _continued.GetStatus(token);
        }

        if (!_isLookedAt)
        {
            _isLookedAt = true;
            return ValueTaskSourceStatus.Pending;
        }

        return read switch
        {
            { IsCompletedSuccessfully: true } => ValueTaskSourceStatus.Succeeded,
            { IsCanceled: true } => ValueTaskSourceStatus.Canceled,
            { IsFaulted: true } => ValueTaskSourceStatus.Faulted,
            _ => ValueTaskSourceStatus.Pending,
        };
    }

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        // From here on the result is taken once, by this object, and the caller takes it from here.
        _hasContinuation = true;

        // As with the pipe's own: where it goes on says the transport.
        _continued.OnCompleted(continuation, state, token, flags & ~ValueTaskSourceOnCompletedFlags.UseSchedulingContext);

        // A read that completes later continues where the pipe schedules it.
        var awaiter = read.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            ScheduleContinuation();
        }
        else
        {
            awaiter.UnsafeOnCompleted(Continue);
        }
    }

    private void ScheduleContinuation() => poller.Schedule(new ReadyWork(static read => ((FirstRead)read!).Continue(), this, source));

    private void Continue()
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
            _continued.SetException(e);
            return;
        }

        _continued.SetResult(result);
    }
}
