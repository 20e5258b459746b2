namespace Kestrel.Transport.Rio.Buffers;

/// <summary>The figures of the pool in bytes: its present size, and the sums of additions and releases since it was made.</summary>
internal readonly record struct PoolFigures(long Pooled, long Allocated, long Evicted, long Rented);
