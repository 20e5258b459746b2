using LoadDriver.Machine;
using LoadDriver.Measuring;
using LoadDriver.Servers;

namespace LoadDriver.Workloads;

/// <summary>Something that the rows are compared by.</summary>
/// <param name="Name">As <c>--filter</c> and the files know it.</param>
/// <param name="Title">As the report calls it.</param>
internal abstract record Workload(string Name, string Title)
{
    /// <summary>Which rows it says something about.</summary>
    public Func<Row, bool> Includes { get; init; } = static row => row.IsKestrel;

    /// <summary>The figure by which its rows are compared first of all.</summary>
    public Figure Judged { get; init; } = Figure.Cpu;

    /// <summary>Whether <c>--quick</c> runs it.</summary>
    public bool Quick { get; init; }

    /// <summary>The programs that it takes, beside those of its rows.</summary>
    public abstract IReadOnlyList<RequiredTool> Tools { get; }
}
