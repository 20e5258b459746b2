namespace ConfirmOnWindows.Probes;

/// <summary>All questions, in the order in which they are asked.</summary>
internal static class ProbeList
{
    public static IReadOnlyList<Probe> All { get; } =
    [
        new ReceiveOfNoBytes(),
        new ReceiveWithoutBuffer(),
        new PeerFin(),
        new PeerReset(),
        new PeerResetBeforeReceive(),
        new PeerResetWhileSending(),
        new CloseWithRequestsOutstanding(),
        new AbortWithReceiveOutstanding(),
        new SendOrder(),
        new DeferredSend(),
        new DeferredSendAtClose(),
        new CommitOfNothing(),
        new NotifyWhileCompletionsWait(),
        new NotifyTwice(),
        new CompletionQueueResize(),
        new CompletionQueueSize(),
        new RequestQueueResize(),
        new OverCommitment(),
        new RequestLimit(),
        new ShareOfClosedSocket(),
        new SocketWithoutFlag(),
        new UnixSocket(),
        new RegisterNothing(),
        new UseAfterDeregistration(),
        new SharedRegistration(),
        new ManyRegistrations("register-slabs", 256, 1024 * 1024),
        new ManyRegistrations("register-blocks", 8192, 4096),
    ];
}
