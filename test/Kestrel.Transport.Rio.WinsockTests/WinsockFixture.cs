using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;
using Xunit;

namespace Kestrel.Transport.Rio.WinsockTests;

/// <summary>The provider on this machine's Winsock, or on the bench in its place. The bench must have nothing to say.</summary>
internal sealed class WinsockFixture : LoopbackFixture
{
    // What a test that failed before this one has left behind is not this one's.
    private (uint Requests, uint RequestQueues, uint CompletionQueues, uint Registrations) _before;

    public override string? WhyUnavailable => Unavailability is null ? null : $"not on this machine: {Unavailability}";

    public override string? Explain(MachineGap gap) => !Wine.IsHere ? null : gap switch
    {
        MachineGap.ResetWithRequestsOutstanding =>
            "not on this machine: Wine sends FIN, not RST, when a socket with an operation pending is closed.",
        MachineGap.AcceptWithoutListening => "not on this machine: Wine lets AcceptEx wait on a socket that does not listen.",
        _ => null,
    };

    private static string? Unavailability { get; } = WinsockProbe.IsAvailable(out _, out var reason) ? null : reason;

    public override RegisteredIo Create()
    {
        if (TestBench.IsInstalled)
        {
            TestBench.Reset();
            _before = TestBench.Outstanding();
        }

        Assert.True(WinsockProbe.IsAvailable(out var functions, out _));
        return new WinsockIo(functions);
    }

    /// <summary>AcceptEx with a socket for registered I/O, by way of a managed listening socket.</summary>
    public override AcceptedSocket Accept(Socket listenSocket)
    {
        var handle = WinsockFunctions.CreateSocket(Ws2.AddressFamilyInet);
        Assert.NotEqual(Ws2.InvalidSocket, handle);
        using var socket = new Socket(new SafeSocketHandle(handle, ownsHandle: false));
#pragma warning disable VSTHRD002, xUnit1031 // The peer has connected already.
        listenSocket.AcceptAsync(socket).GetAwaiter().GetResult();
#pragma warning restore VSTHRD002, xUnit1031
        return new AcceptedSocket(handle, Socket: null, socket.RemoteEndPoint);
    }

    public override void AssertNoBreach()
    {
        if (TestBench.IsInstalled)
        {
            Assert.Empty(TestBench.Breaches());
            Assert.Equal(_before, TestBench.Outstanding());
        }
    }
}
