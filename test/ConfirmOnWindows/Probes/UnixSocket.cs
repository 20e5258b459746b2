using System.Runtime.InteropServices;
using ConfirmOnWindows.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace ConfirmOnWindows.Probes;

internal sealed class UnixSocket : Probe
{
    public override string Name => "unix-socket";

    public override string Question => "Does WSASocketW make an AF_UNIX socket for registered I/O, and has it a request queue?";

    public override string Expected => "no evidence; the product serves Unix sockets by Sockets";

    public override Answer Ask(ProbeScene scene)
    {
        const int UnixFamily = 1;
        var socket = Ws2.CreateSocket(
            UnixFamily, Ws2.SocketStream, 0, 0, 0, Ws2.FlagRegisteredIo | Ws2.FlagOverlapped | Ws2.FlagNoHandleInherit);
        if (socket == Ws2.InvalidSocket)
        {
            return new Answer($"WSASocketW refused with {ErrorName.Of(Marshal.GetLastPInvokeError())}", IsAsExpected: null);
        }

        var queue = scene.CreateQueue(4);
        var result = ProbeConnection.TryCreateRequestQueue(scene.Functions, socket, queue, 1, 1, out _);
        _ = Ws2.Close(socket);
        return new Answer($"a socket is made; its request queue is {result}", IsAsExpected: null);
    }
}
