using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class CommitOfNothing : Probe
{
    public override string Name => "commit-of-nothing";

    public override string Question => "What does RIO_MSG_COMMIT_ONLY do with nothing deferred?";

    public override string Expected => "accepted, and nothing completes";

    public override Answer Ask(ProbeScene scene)
    {
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 1, 2);

        var commit = connection.CommitSends();
        var arrivals = queue.Dequeue(1, AMoment);
        return new Answer($"{commit}; {ArrivalText.Describe(arrivals)}", commit.IsAccepted && arrivals.Count == 0);
    }
}
