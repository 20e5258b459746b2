using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// Where completions go: into the caller's span, and behind it into the queue's own store, since one completion of the
/// kernel (a gathered send) may stand for several.
/// </summary>
internal ref struct ResultSink(Span<RioResult> results, Queue<(RioResult Result, IRingTarget Source)> overflow)
{
    private readonly Span<RioResult> _results = results;

    public int Count { get; private set; }

    public readonly bool IsFull => Count == _results.Length;

    public void Add(in RioResult result, IRingTarget source)
    {
        if (IsFull)
        {
            overflow.Enqueue((result, source));
        }
        else
        {
            _results[Count++] = result;
        }
    }
}
