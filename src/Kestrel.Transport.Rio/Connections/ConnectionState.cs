namespace Kestrel.Transport.Rio.Connections;

/// <summary>The life of a connection on its poller; docs/architecture.md has the table of transitions.</summary>
internal enum ConnectionState
{
    /// <summary>The socket is open. Either direction may have ended.</summary>
    Open,

    /// <summary>The socket is closed; completions are outstanding, or a direction has not ended yet.</summary>
    Draining,

    /// <summary>Nothing is outstanding: the slot, the blocks and the share of the completion queue are free.</summary>
    Released,
}
