using System.Globalization;

namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>What application code can change on the thread that runs it, and the next code there can see.</summary>
internal sealed record ThreadTraces(
    string? Name,
    ThreadPriority Priority,
    bool IsBackground,
    bool HasLeftCulture,
    bool IsFlowSuppressed,
    string? Local,
    SynchronizationContext? SynchronizationContext)
{
    private static readonly AsyncLocal<string?> s_local = new();
    private static readonly CultureInfo s_culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();

    public static ThreadTraces OfCurrentThread() => new(
        Thread.CurrentThread.Name,
        Thread.CurrentThread.Priority,
        Thread.CurrentThread.IsBackground,
        ReferenceEquals(CultureInfo.CurrentCulture, s_culture),
        ExecutionContext.IsFlowSuppressed(),
        s_local.Value,
        SynchronizationContext.Current);

    /// <summary>Changes all of it, and does not change it back.</summary>
    public static void Leave()
    {
        Thread.CurrentThread.Name = "left";
        Thread.CurrentThread.Priority = ThreadPriority.BelowNormal;
        Thread.CurrentThread.IsBackground = false;
        CultureInfo.CurrentCulture = s_culture;
        s_local.Value = "left";
        SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
        ExecutionContext.SuppressFlow();
    }
}
