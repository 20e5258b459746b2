namespace Kestrel.Transport.Rio.Connections;

/// <summary>Who may send from the pipe of the output: the poller, or the thread that writes.</summary>
internal enum DirectSendState
{
    /// <summary>The poller.</summary>
    Idle,

    /// <summary>The thread that writes.</summary>
    Sending,

    /// <summary>Neither: the connection was abandoned.</summary>
    Closed,
}
