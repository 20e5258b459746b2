namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// What a poller has done. Written by its thread alone, so plain additions suffice; read by any.
/// </summary>
internal sealed class PollerFigures
{
    private long _passes;
    private long _waits;
    private long _completions;

    public long Passes => Volatile.Read(ref _passes);

    public long Waits => Volatile.Read(ref _waits);

    public long Completions => Volatile.Read(ref _completions);

    public void CountPass() => Volatile.Write(ref _passes, _passes + 1);

    public void CountWait() => Volatile.Write(ref _waits, _waits + 1);

    public void CountCompletions(int count) => Volatile.Write(ref _completions, _completions + count);
}
