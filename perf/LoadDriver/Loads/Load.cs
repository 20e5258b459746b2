using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Loads;

/// <summary>A way to make requests.</summary>
internal abstract record Load
{
    /// <summary>The programs that it takes.</summary>
    public abstract IReadOnlyList<RequiredTool> Tools { get; }

    /// <summary>Once the servers are warm, and before the first measurement.</summary>
    public virtual Task PrepareAsync(IReadOnlyList<Server> servers, CancellationToken ended) => Task.CompletedTask;

    public abstract Task<LoadResult> RunAsync(Server server, TimeSpan duration, CancellationToken ended);
}
