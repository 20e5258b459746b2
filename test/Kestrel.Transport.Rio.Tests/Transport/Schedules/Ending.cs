namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>How what is left is ended when a schedule's steps are over.</summary>
internal enum Ending
{
    /// <summary>Peers and applications finish what they have begun.</summary>
    Graceful,

    /// <summary>Applications abort.</summary>
    Abort,

    /// <summary>The poller stops, and ends the connections itself.</summary>
    Stop,
}
