namespace Kestrel.Transport.Rio.Buffers;

/// <summary>Reports the figures of a pool to its metrics.</summary>
/// <param name="metrics">The metrics, or null for none.</param>
/// <param name="read">Reads the figures.</param>
internal sealed class PoolReport(PoolMetrics? metrics, Func<PoolFigures> read)
{
    /// <summary>
    /// Called when the figures are worth a <see cref="Publish"/>, where the owner has a thread for it. Without it they are reported on
    /// the thread that has changed them.
    /// </summary>
    /// <remarks>Set before the pool is used. It may only post.</remarks>
    public Action? Changed { get; set; }

    /// <summary>Brings the metrics up to date. Listeners of them run here, and may throw and block.</summary>
    public void Publish()
    {
        if (metrics is { IsEnabled: true })
        {
            metrics.Report(read);
        }
    }

    public void OnChanged() => (Changed ?? Publish)();
}
