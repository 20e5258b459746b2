namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>How far a simulated request is on its way. It only goes on, never back.</summary>
internal enum RequestStage
{
    /// <summary>Queued, and not to be started before a commit.</summary>
    Deferred,

    /// <summary>Waits for <c>Submit</c> or <c>Wait</c> to carry it into the kernel.</summary>
    Committed,

    /// <summary>The kernel's.</summary>
    Running,

    /// <summary>Its result is known, and its completion comes in a later pass.</summary>
    Ended,
}
