using System.Threading.RateLimiting;

namespace ConnectionLoad;

/// <summary>
/// So many turns a second and no more, of all who ask together: servers are compared under the same load, where without it
/// the faster one would have the more.
/// </summary>
internal sealed class Pace : IAsyncDisposable
{
    // No timer comes more often for certain. What it is late by is made up for, since the bucket goes by the time.
    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(10);

    private readonly PeriodicTimer _timer = new(s_tick);
    private readonly TokenBucketRateLimiter _bucket;
    private readonly Task _filling;

    /// <param name="rate">Turns a second, of which those of a tenth of a second may come at once.</param>
    /// <param name="mostAtOnce">How many turns one may ask for at a time.</param>
    /// <param name="askers">How many may be waiting.</param>
    public Pace(int rate, int mostAtOnce, int askers)
    {
        _bucket = new TokenBucketRateLimiter(new TokenBucketRateLimiterOptions
        {
            AutoReplenishment = false,
            TokenLimit = (rate / 10) + mostAtOnce,
            TokensPerPeriod = rate,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = askers * mostAtOnce,
            QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
        });
        _filling = Task.Run(FillAsync);
    }

    public async ValueTask AwaitTurnAsync(int turns, CancellationToken ended)
    {
        using var lease = await _bucket.AcquireAsync(turns, ended);
        if (!lease.IsAcquired)
        {
            throw new InvalidOperationException("More are waiting for their turn than there should be.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _filling;
        await _bucket.DisposeAsync();
    }

    private async Task FillAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            _bucket.TryReplenish();
        }
    }
}
