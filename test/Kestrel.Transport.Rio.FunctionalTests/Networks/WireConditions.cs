namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary>What a <see cref="Wire"/> does to the packets that it carries, in both directions alike.</summary>
internal sealed record WireConditions
{
    /// <summary>One way; the round trip takes twice as long.</summary>
    public TimeSpan Delay { get; init; }

    public int LossPercent { get; init; }

    /// <summary>Packets that are not delayed, and so overtake those that are (tc-netem(8) calls it reordering too).</summary>
    public int OvertakingPercent { get; init; }

    /// <summary>
    /// What fits on the last stretch to the client. What does not is answered as a router does, with ICMP's "fragmentation needed".
    /// </summary>
    public int MtuToClient { get; init; } = int.MaxValue;
}
