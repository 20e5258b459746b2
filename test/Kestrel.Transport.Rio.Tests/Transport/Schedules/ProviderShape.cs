namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>The simulated machine that a schedule runs on.</summary>
public enum ProviderShape
{
    /// <summary>Everything is done as soon as it can be, as on a kind io_uring.</summary>
    Steady,

    /// <summary>Late, shuffled, partial and short, but without a failure.</summary>
    Unsteady,

    /// <summary>Requests and accepts fail, and some are refused.</summary>
    Failing,

    /// <summary>Some requests end only when the socket is closed.</summary>
    Stalling,

    /// <summary>No wait for data, registered memory only, one buffer a request, started at the commit.</summary>
    Winsock,

    WinsockUnsteady,

    WinsockFailing,
}
