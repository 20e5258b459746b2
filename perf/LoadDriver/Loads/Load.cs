using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Loads;

/// <summary>A way to make requests.</summary>
internal abstract record Load
{
    /// <summary>The programs that it takes.</summary>
    public abstract IReadOnlyList<RequiredTool> Tools { get; }

    /// <summary>How much longer a run takes than what is measured of it.</summary>
    public virtual TimeSpan Around => TimeSpan.Zero;

    /// <summary>Once the servers are warm, and before the first measurement.</summary>
    public virtual Task PrepareAsync(IReadOnlyList<Server> servers, CancellationToken ended) => Task.CompletedTask;

    public abstract Task<LoadResult> RunAsync(Server server, TimeSpan duration, CancellationToken ended);
}
