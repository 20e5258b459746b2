using ConfirmOnWindows.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace ConfirmOnWindows.Probes;

internal sealed class SocketWithoutFlag : Probe
{
    public override string Name => "socket-without-flag";

    public override string Question => "What does RIOCreateRequestQueue say to a socket made without WSA_FLAG_REGISTERED_IO?";

    public override string Expected => "refused; no page says with which error";

    public override Answer Ask(ProbeScene scene)
    {
        var queue = scene.CreateQueue(4);
        var socket = Ws2.CreateSocket(
            Ws2.AddressFamilyInet, Ws2.SocketStream, Ws2.ProtocolTcp, 0, 0, Ws2.FlagOverlapped | Ws2.FlagNoHandleInherit);
        var result = ProbeConnection.TryCreateRequestQueue(scene.Functions, socket, queue, 1, 1, out _);
        _ = Ws2.Close(socket);
        return new Answer($"{result}", !result.IsAccepted);
    }
}
