using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Tasks.Sources;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>
/// A pipe's reader whose reads complete after they were asked whether they have, and before they are told who waits: an application's
/// thread has lost its processor in between.
/// </summary>
internal sealed class ReadOvertakenByItsData(Pipe pipe, string data) : PipeReader, IValueTaskSource<ReadResult>
{
    private ValueTaskAwaiter<ReadResult> _read;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
#pragma warning disable CA2012 // Who waits for the other has its result, once.
        _read = pipe.Reader.ReadAsync(cancellationToken).GetAwaiter();
#pragma warning restore CA2012
        return new(this, token: 0);
    }

    public override bool TryRead(out ReadResult result) => pipe.Reader.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => pipe.Reader.AdvanceTo(consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => pipe.Reader.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => pipe.Reader.CancelPendingRead();

    public override void Complete(Exception? exception = null) => pipe.Reader.Complete(exception);

#pragma warning disable VSTHRD002 // It has completed.
    public ReadResult GetResult(short token) => _read.GetResult();
#pragma warning restore VSTHRD002

    public ValueTaskSourceStatus GetStatus(short token) => _read.IsCompleted ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        pipe.Writer.Write(Encoding.ASCII.GetBytes(data));
        _ = pipe.Writer.FlushAsync(CancellationToken.None).AsTask();
        _read.UnsafeOnCompleted(() => continuation(state));
    }
}
