using System.ComponentModel;

namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary>
/// A server's machine and a client's, with all of the kernel's TCP on both, and between them a <see cref="Wire"/> of ours: what
/// tc-netem(8) does, on kernels without it too, and nothing of the network that this process is in is touched.
/// </summary>
internal sealed class TroubledNetwork : IAsyncDisposable
{
    /// <summary>Large, so that congestion control has not to grow its window packet by small packet after each loss.</summary>
    public const int Mtu = 16_000;

    private const int Seed = 20_261_121;

    // Of the block for tests of network devices (RFC 2544).
    private static readonly IPAddress s_serverAddress = IPAddress.Parse("198.18.0.1");
    private static readonly IPAddress s_clientAddress = IPAddress.Parse("198.18.0.2");

    private readonly NetworkNamespace _serverMachine;
    private readonly NetworkNamespace _clientMachine;
    private readonly TunDevice _serverDevice;
    private readonly TunDevice _clientDevice;

    private TroubledNetwork()
    {
        _serverMachine = NetworkNamespace.Create();
        _clientMachine = NetworkNamespace.Create();
        _serverDevice = TunDevice.Create(_serverMachine, s_serverAddress, Mtu);
        _clientDevice = TunDevice.Create(_clientMachine, s_clientAddress, Mtu);
        Wire = new Wire(_serverDevice, _clientDevice, Seed);
    }

    public Wire Wire { get; }

    /// <summary>Skips the test where there can be no such network.</summary>
    public static TroubledNetwork Create()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: networks of one's own need Linux.");
        try
        {
            return new TroubledNetwork();
        }
        catch (Win32Exception e) when (
            e.NativeErrorCode is LibC.NotPermitted or LibC.AccessDenied or LibC.NoEntry or LibC.NoDevice or LibC.NoSuchDevice or LibC.NoSuchCall)
        {
            Assert.Skip($"not on this machine: networks of one's own need root and {TunDevice.Path}. {e.Message}");
            throw;
        }
    }

    /// <summary>Has the host listen on the server's machine, and nowhere else.</summary>
    public HostSetup Serve(HostSetup setup)
    {
        setup.Transport.CreateBoundListenSocket = endPoint =>
        {
            var socket = CreateSocket(_serverMachine);
            socket.Bind(endPoint);
            return socket;
        };
        return setup.Listen(s_serverAddress, static listen => listen.Protocols = HttpProtocols.Http1);
    }

    /// <summary>A client on the client's machine.</summary>
    public Task<RawClient> ConnectAsync(TestHost host, CancellationToken deadline) =>
        RawClient.ConnectAsync(CreateSocket(_clientMachine), new IPEndPoint(s_serverAddress, host.Port), deadline);

    /// <summary>The same, without a patience of its own.</summary>
    public HttpClient CreateHttpClient(TestHost host)
    {
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, cancellationToken) =>
            {
                var socket = CreateSocket(_clientMachine);
                try
                {
                    await socket.ConnectAsync(s_serverAddress, context.DnsEndPoint.Port, cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            },
        };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"http://{s_serverAddress}:{host.Port}/"),
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>A smaller MTU on the client's link: its own machine knows of it, and the server is told by what it sends.</summary>
    public void NarrowTheClientsLink(int mtu)
    {
        Wire.Conditions = Wire.Conditions with { MtuToClient = mtu };
        _clientDevice.ChangeMtu(mtu);
    }

    /// <summary>
    /// Whether this process has a descriptor of a connection on the server's machine. One that is only the kernel's any more, which
    /// still sends its last bytes or FIN to somebody who does not answer, has no inode.
    /// </summary>
    public bool ServerHoldsConnections()
    {
        const int State = 3;
        const int Inode = 9;
        using var file = new FileStream(_serverMachine.Open("/proc/thread-self/net/tcp", LibC.ReadOnlyCloseOnExec), FileAccess.Read);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Skip(1)
            .Select(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Any(static fields => fields[State] is not "0A" && fields[Inode] is not "0");
    }

    public async ValueTask DisposeAsync()
    {
        await Wire.DisposeAsync();
        _serverDevice.Dispose();
        _clientDevice.Dispose();
        _serverMachine.Dispose();
        _clientMachine.Dispose();
    }

    /// <summary>
    /// With the congestion control that every Linux has, whatever its default is: they take loss so differently that a test would take seconds here
    /// and minutes there. Accepted sockets inherit it from the one that listens.
    /// </summary>
    private static Socket CreateSocket(NetworkNamespace machine)
    {
        const int Tcp = 6;
        const int Congestion = 13;
        var socket = machine.CreateSocket();
        socket.SetRawSocketOption(Tcp, Congestion, "reno"u8);
        return socket;
    }
}
