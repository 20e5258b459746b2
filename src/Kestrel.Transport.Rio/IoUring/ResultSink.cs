using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// The destination of completions: the caller's span, and then a queue for what does not fit. One completion of the kernel
/// (a gathered send) may stand for several.
/// </summary>
internal ref struct ResultSink(Span<RioResult> results, Queue<(RioResult Result, ICompletionSource Source)> overflow)
{
    private readonly Span<RioResult> _results = results;

    public int Count { get; private set; }

    public readonly bool IsFull => Count == _results.Length;

    /// <summary>Adds a completion. Its source may be released by this call, when it was the last one.</summary>
    public void Add(in RioResult result, ICompletionSource source)
    {
        if (IsFull)
        {
            overflow.Enqueue((result, source));
        }
        else
        {
            _results[Count++] = result;
            source.OnDequeued();
        }
    }
}
