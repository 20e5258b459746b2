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

    /// <summary>
    /// Called when the figures are worth a <see cref="ReportMetrics"/>, where the owner has a thread for it. Else they are reported on
    /// the thread that has changed them.
    /// </summary>
    /// <remarks>Set before the pool is used. As with <see cref="RoomReturned"/>, post only.</remarks>
    public Action? FiguresChanged { get; set; }

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

    /// <summary>Brings the metrics up to date, and calls whoever listens to them: they may throw and block.</summary>
    public void ReportMetrics()
    {
        if (_metrics is { IsEnabled: true })
        {
            _metrics.Report(ReadFigures);
        }
    }

    private PoolFigures ReadFigures()
    {
        lock (_gate)
        {
            var overflow = Volatile.Read(ref _overflowRents);
            return new PoolFigures(
                Pooled: PooledBlocks * BlockSize,
                Allocated: _source.AllocatedBytes + (overflow * BlockSize),
                Evicted: _source.ReleasedBytes + ((overflow - Volatile.Read(ref _overflowRented)) * BlockSize),
                Rented: (_source.Rents + overflow) * BlockSize);
        }
    }

    private void OnFiguresChanged() => (FiguresChanged ?? ReportMetrics)();
}
