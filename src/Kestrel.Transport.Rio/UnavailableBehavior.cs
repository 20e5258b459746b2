namespace Kestrel.Transport.Rio;

/// <summary>
/// What <c>UseRio()</c> does on a machine that has no registered I/O, or has it switched off. With <c>KESTREL_RIO=off</c> in the
/// environment of the process Sockets serves in either case.
/// </summary>
public enum UnavailableBehavior
{
    /// <summary>
    /// Serve through Kestrel's own Sockets transport with the same options, and log one warning that says why and what
    /// can be done about it.
    /// </summary>
    UseSockets = 0,

    /// <summary>Throw <see cref="PlatformNotSupportedException"/>, with the same text, when an endpoint is bound.</summary>
    Throw = 1,
}
