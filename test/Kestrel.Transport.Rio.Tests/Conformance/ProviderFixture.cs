using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>A provider on trial, and a network in which its sockets find peers.</summary>
internal abstract class ProviderFixture
{
    /// <summary>Why the provider cannot run on this machine, or null when it can.</summary>
    public virtual string? WhyUnavailable => null;

    /// <summary>What this machine does otherwise, in words, or null when it does as it should.</summary>
    public virtual string? Explain(MachineGap gap) => null;

    /// <summary>Skips a test that this machine cannot pass, by name.</summary>
    public void SkipOn(MachineGap gap) => Assert.SkipWhen(Explain(gap) is not null, Explain(gap) ?? "");

    /// <summary>The provider. The caller disposes it.</summary>
    public abstract RegisteredIo Create();

    /// <summary>A connection whose server end has come out of an accept already.</summary>
    public abstract RemoteEnd Connect(out AcceptedSocket accepted);

    /// <summary>Connects to a socket that listens.</summary>
    public abstract RemoteEnd ConnectTo(Socket listenSocket);

    /// <summary>Connects to the socket that listens at an address.</summary>
    public abstract RemoteEnd ConnectTo(EndPoint endPoint);

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
