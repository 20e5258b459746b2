using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>A provider on the machine's own kernel, with peers on the loopback.</summary>
internal abstract class LoopbackFixture : ProviderFixture
{
    public override RemoteEnd Connect(out AcceptedSocket accepted)
    {
        using var listenSocket = Listen();
        var peer = ConnectTo(listenSocket);
        accepted = Accept(listenSocket);
        return peer;
    }

    public override AcceptedSocket Accept(Socket listenSocket) => Detach(listenSocket.Accept());

    public override RemoteEnd ConnectTo(Socket listenSocket) => ConnectTo(listenSocket.LocalEndPoint!);

    public override RemoteEnd ConnectTo(EndPoint endPoint)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(endPoint);
        return new SocketRemoteEnd(socket);
    }

    /// <summary>Takes the handle away from the managed socket, which has not begun any operation on it.</summary>
    private static AcceptedSocket Detach(Socket socket)
    {
        var remoteEndPoint = socket.RemoteEndPoint;
        var handle = socket.SafeHandle.DangerousGetHandle();
        socket.SafeHandle.SetHandleAsInvalid();
        return new AcceptedSocket(handle, Socket: null, remoteEndPoint);
    }
}
