namespace Kestrel.Transport.Rio.Buffers;

/// <summary>What the pool reports, in bytes: how much it has at the moment, and what came and went since it was made.</summary>
internal readonly record struct PoolFigures(long Pooled, long Allocated, long Evicted, long Rented);
