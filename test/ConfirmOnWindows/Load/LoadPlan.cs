namespace ConfirmOnWindows.Load;

/// <summary>How the comparison is made: as often, as long, as broad.</summary>
/// <param name="Rounds">How often both transports are measured, in turn; each time by a server of its own.</param>
/// <param name="WarmUp">Load before the first measurement of a server: tiered compilation needs it.</param>
/// <param name="Measure">Load that is measured.</param>
internal sealed record LoadPlan(int Rounds, TimeSpan WarmUp, TimeSpan Measure)
{
    public const int Connections = 64;

    public static LoadPlan Full { get; } = new(5, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(5));

    public static LoadPlan Quick { get; } = new(5, TimeSpan.FromSeconds(3), TimeSpan.FromSeconds(2));

    /// <summary>Requests in flight on each connection.</summary>
    public static IReadOnlyList<int> Depths { get; } = [1, 16];
}
