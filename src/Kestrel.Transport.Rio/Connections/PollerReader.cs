using System.IO.Pipelines;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// The application's end of a connection's input, whose first read goes on where application code is to run, even if the data
/// were there before it. Kestrel begins every connection on the thread pool. Without this an early first request would be served there. If
/// its handler blocked, new connections would wait for a thread behind it.
/// </summary>
internal sealed class PollerReader(PipeReader reader, CompletionPoller poller, ApplicationScheduler? source) : PipeReader
{
    private bool _hasBegun;
    private LateCancel? _cancel;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var read = reader.ReadAsync(cancellationToken);
        return _hasBegun ? read : Begin(read);
    }

    public override bool TryRead(out ReadResult result) => reader.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => reader.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => reader.AdvanceTo(consumed, examined);

    /// <summary>A cancellation by another thread takes effect after the bytes that arrived before it have been read.</summary>
    public override void CancelPendingRead()
    {
        if (poller.IsOnOwnThread)
        {
            reader.CancelPendingRead();
            return;
        }

        var cancel = Volatile.Read(ref _cancel) ?? Interlocked.CompareExchange(ref _cancel, new LateCancel(reader, poller), null) ?? _cancel;
        poller.Post(cancel);
    }

    public override void Complete(Exception? exception = null) => reader.Complete(exception);

#pragma warning disable CS0672, CS0618 // Obsolete, but a wrapper that leaves it out swallows the callback.
    public override void OnWriterCompleted(Action<Exception?, object?> callback, object? state) => reader.OnWriterCompleted(callback, state);
#pragma warning restore CS0672, CS0618

    protected override ValueTask<ReadResult> ReadAtLeastAsyncCore(int minimumSize, CancellationToken cancellationToken)
    {
        var read = reader.ReadAtLeastAsync(minimumSize, cancellationToken);
        return _hasBegun ? read : Begin(read);
    }

    private ValueTask<ReadResult> Begin(ValueTask<ReadResult> read)
    {
        _hasBegun = true;
        return poller.IsOnOwnThread ? read : new FirstRead(read, poller, source).Task;
    }
}
