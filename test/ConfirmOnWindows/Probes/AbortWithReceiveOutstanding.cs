using System.Net.Sockets;
using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class AbortWithReceiveOutstanding : Probe
{
    public override string Name => "abort-with-receive-outstanding";

    public override string Question => "Does SO_LINGER 1,0 with closesocket reset the peer while a receive is outstanding?";

    public override string Expected => "the peer gets 10054 WSAECONNRESET; the receive completes with an error";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        var queue = scene.CreateQueue(4);
        var connection = scene.Connect(queue, 2, 1);

        _ = connection.Receive(memory.Slice(0, 64), 1);
        connection.Abort();
        var peer = connection.Peer.Receive(new byte[1], SocketFlags.None, out var error) == 0 && error == SocketError.Success
            ? "FIN"
            : ErrorName.Of((int)error);
        var arrivals = queue.Dequeue(1, Soon);

        return new Answer(
            $"peer: {peer}; {ArrivalText.Describe(arrivals)}", error == SocketError.ConnectionReset && arrivals is [{ IsSuccess: false }]);
    }
}
