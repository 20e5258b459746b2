namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>What application work does that keeps a poller too long, as far as the system tells.</summary>
internal enum SlowWork
{
    Unknown,

    /// <summary>It waits for something else than a processor.</summary>
    Waits,

    /// <summary>It runs for all of its time, or nearly, if others leave it a processor.</summary>
    Computes,
}
