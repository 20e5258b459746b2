namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// Abilities that one kernel has and another lacks. The transport asks for these names, never for the platform.
/// </summary>
internal sealed record RioCapabilities
{
    /// <summary>
    /// <see cref="RequestQueue.WaitForData"/> exists, so that an idle connection holds no buffer.
    /// Linux: <c>epoll</c>. Winsock: no documented counterpart.
    /// </summary>
    public bool CanWaitForData { get; init; }

    /// <summary>
    /// Requests may name memory that is not registered (<see cref="BufferId.Invalid"/>). Linux: yes. Winsock: no.
    /// </summary>
    public bool AcceptsUnregisteredBuffers { get; init; }

    /// <summary>
    /// <see cref="RequestQueue.SendAtOnce"/> exists. Linux: <c>sendmsg</c>. Winsock: RIO has no send that any thread may call
    /// beside the owner of the request queue.
    /// </summary>
    public bool CanSendAtOnce { get; init; }

    /// <summary>
    /// A thread may end while requests that it posted are outstanding, and they continue. Linux: none of them is in the
    /// kernel. Winsock: not documented for RIO.
    /// </summary>
    public bool KeepsRequestsOfEndedThreads { get; init; }
}
