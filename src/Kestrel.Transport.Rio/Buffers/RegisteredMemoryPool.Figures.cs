namespace Kestrel.Transport.Rio.Buffers;

internal sealed partial class RegisteredMemoryPool
{
    public long SlabCount => _table.Count;

    public long RegisteredBytes => _source.RegisteredBytes;

    /// <summary>Bytes of slabs that the machine refused to register, and of overflow blocks that are rented.</summary>
    public long UnregisteredBytes => _source.UnregisteredBytes + (Volatile.Read(ref _overflowRented) * BlockSize);

    /// <summary>Blocks that can be had without adding a slab, those in caches included.</summary>
    public long PooledBlocks => _disposed ? 0 : HomeBlocks;

    /// <summary>Blocks that are with a renter. While others rent and return, right to a few.</summary>
    public long RentedBlocks =>
        Math.Max(0, ((long)_table.Count * _blocksPerSlab) - HomeBlocks) + Volatile.Read(ref _overflowRented);

    private long HomeBlocks
    {
        get
        {
            long home = _free.Count + _reclaim.Aside;
            foreach (var cache in _caches)
            {
                home += cache.Count;
            }

            return home;
        }
    }

    /// <summary>Brings the metrics up to date. <see cref="Trim"/> does it too.</summary>
    public void ReportMetrics()
    {
        if (_metrics is null || !_metrics.IsEnabled)
        {
            return;
        }

        lock (_gate)
        {
            var overflow = Volatile.Read(ref _overflowRents);
            _metrics.Report(
                pooled: PooledBlocks * BlockSize,
                allocated: _source.AllocatedBytes + (overflow * BlockSize),
                evicted: _source.ReleasedBytes + ((overflow - Volatile.Read(ref _overflowRented)) * BlockSize),
                rented: (_source.Rents + overflow) * BlockSize);
        }
    }
}
