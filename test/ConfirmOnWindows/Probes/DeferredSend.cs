using ConfirmOnWindows.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace ConfirmOnWindows.Probes;

internal sealed class DeferredSend : Probe
{
    public override string Name => "deferred-send";

    public override string Question => "Does a deferred send wait for its commit, and does RIO_MSG_COMMIT_ONLY start it?";

    public override string Expected => "it may start before; after the commit it completes and arrives";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 1, 2);
        memory.Bytes.Fill((byte)'x');

        var deferred = connection.Send(memory.Slice(0, 64), Arrival.FirstSend, RioMessageFlags.Defer);
        var before = queue.Dequeue(1, AMoment);
        var commit = connection.CommitSends();
        var arrives = connection.PeerGets(memory.Bytes[..64]);
        var after = before.Count > 0 ? before : queue.Dequeue(1, Soon);

        return new Answer(
            $"{deferred}; {(before.Count > 0 ? "completes before the commit" : "waits for the commit")}; commit {commit}; {ArrivalText.Describe(after)}",
            deferred.IsAccepted && commit.IsAccepted && arrives && after is [{ IsSuccess: true, Bytes: 64 }]);
    }
}
