using System.Net;
using Kestrel.Transport.Rio.Tests.Simulation;

namespace Kestrel.Transport.Rio.Tests.Conformance;

internal sealed class SimulatedRemoteEnd : RemoteEnd
{
    private readonly SimulatedPeer _peer;

    public SimulatedRemoteEnd(SimulatedPeer peer)
    {
        _peer = peer;
        _peer.StopReading();
    }

    public override EndPoint? LocalEndPoint => _peer.LocalEndPoint;

    public override int Received => _peer.Available;

    public override bool FinReceived => _peer.FinReceived;

    public override bool ResetReceived => _peer.ResetReceived;

    public override void Write(byte[] bytes) => _peer.Write(bytes);

    public override void StartReading() => _peer.StartReading();

    public override byte[] ReceivedBytes() => _peer.Peek();

    public override void Finish() => _peer.Finish();

    public override void Reset() => _peer.Reset();

    public override void Dispose() => _peer.Reset();
}
