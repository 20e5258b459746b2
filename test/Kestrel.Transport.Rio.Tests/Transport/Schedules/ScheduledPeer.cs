using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>The remote end of a connection, which knows what it has written and what it should receive.</summary>
internal sealed class ScheduledPeer(SimulatedPeer peer, int number)
{
    private bool _reads = true;

    public SimulatedPeer Peer => peer;

    /// <summary>What this peer writes.</summary>
    public Pattern Outgoing { get; } = new(number);

    /// <summary>What the application writes to it.</summary>
    public Pattern Incoming { get; } = new(number + 100);

    public long Written { get; private set; }

    public long Received { get; private set; }

    public bool Finished { get; private set; }

    public bool WasReset { get; private set; }

    public void Write(int count)
    {
        var bytes = new byte[count];
        Outgoing.Fill(bytes, Written);
        if (peer.Write(bytes))
        {
            Written += count;
        }
    }

    public void Finish()
    {
        Finished = true;
        peer.Finish();
    }

    public void Reset()
    {
        WasReset = true;
        peer.Reset();
    }

    public void StopReading()
    {
        _reads = false;
        peer.StopReading();
    }

    public void StartReading()
    {
        _reads = true;
        peer.StartReading();
    }

    public void TakeWhatArrived()
    {
        if (_reads)
        {
            TakeAll();
        }
    }

    public void TakeAll()
    {
        var bytes = peer.ReadAvailable();
        Incoming.AssertIs(bytes, Received, "what the peer received");
        Received += bytes.Length;
    }

    public void AssertWholeAndOrderly(long expected)
    {
        TakeAll();
        Assert.Equal(expected, Received);
        Assert.True(peer.FinReceived, "The peer was not sent a FIN.");
        Assert.False(peer.ResetReceived, "The peer was reset.");
    }
}
