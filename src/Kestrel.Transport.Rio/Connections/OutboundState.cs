namespace Kestrel.Transport.Rio.Connections;

/// <summary>Where the bytes to the peer are; docs/architecture.md has the table of transitions.</summary>
internal enum OutboundState
{
    /// <summary>Not started.</summary>
    Idle,

    /// <summary>The application has written nothing new, or is sending it itself.</summary>
    AwaitingOutput,

    /// <summary>Sends are outstanding; their blocks are the kernel's.</summary>
    Sending,

    /// <summary>What was written lies in memory that the provider does not take, and there is none to copy it into.</summary>
    Starved,

    /// <summary>Nothing will be sent any more, and the pipe's blocks are back.</summary>
    Ended,
}
