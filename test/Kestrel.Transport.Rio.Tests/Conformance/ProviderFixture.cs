using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>A provider on trial, and a network in which its sockets find peers.</summary>
internal abstract class ProviderFixture
{
    /// <summary>Why the provider cannot run on this machine, or null when it can.</summary>
    public virtual string? WhyUnavailable => null;

    /// <summary>Why a peer may see FIN for an abortive close with requests outstanding, or null when it sees RST.</summary>
    public virtual string? WhyNoReset => null;

    /// <summary>Why a receive that comes after the peer's reset may see a FIN, or null when it sees the reset.</summary>
    public virtual string? WhyNoLateReset => null;

    /// <summary>Why an accept on a socket that does not listen may wait in place of failing, or null when it fails.</summary>
    public virtual string? WhyNoAcceptError => null;

    /// <summary>The provider. The caller disposes it.</summary>
    public abstract RegisteredIo Create();

    /// <summary>A connection whose server end has come out of an accept already.</summary>
    public abstract RemoteEnd Connect(out AcceptedSocket accepted);

    /// <summary>Connects to a socket that listens.</summary>
    public abstract RemoteEnd ConnectTo(Socket listenSocket);

    /// <summary>Takes the oldest connection that waits at a socket, past the provider.</summary>
    public abstract AcceptedSocket Accept(Socket listenSocket);

    /// <summary>Whatever watches from below, under the provider, is content. Called when everything is closed.</summary>
    public virtual void AssertNoBreach()
    {
    }

    /// <summary>A socket that is bound on the loopback and does not listen yet.</summary>
    public static Socket Bind()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    public static Socket Listen()
    {
        var socket = Bind();
        socket.Listen(1024);
        return socket;
    }
}
