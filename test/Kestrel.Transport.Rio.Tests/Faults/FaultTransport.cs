using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.IoUring;
using Kestrel.Transport.Rio.Tests.Transport.Echo;
using Kestrel.Transport.Rio.Tests.Verification;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>
/// The transport as it ships, on this machine's io_uring, with the verifier and what goes wrong between them. Its peers are
/// ordinary sockets on the loopback.
/// </summary>
#pragma warning disable CA1001 // The factory disposes what it was given, with the last endpoint.
internal sealed class FaultTransport
#pragma warning restore CA1001
{
    private VerifyingIo _verifier = null!;

    private FaultTransport()
    {
    }

    public TransportLog Log { get; } = new();

    public FaultyIo Faults { get; private set; } = null!;

    public IConnectionListener Listener { get; private set; } = null!;

    /// <exception cref="PlatformNotSupportedException">The machine gave no completion queue, or no memory.</exception>
    public static async Task<FaultTransport> StartAsync(RioTransportOptions options, FaultRates rates, ulong seed)
    {
        Assert.SkipUnless(IoUringMachine.WhyUnavailable is null, IoUringMachine.WhyUnavailable ?? "");
        var transport = new FaultTransport();
        options.Fallback = UnavailableBehavior.Throw;
        var factory = new RioTransportFactory(
            new OptionsWrapper<RioTransportOptions>(options),
            new SingleLoggerFactory(transport.Log),
            meterFactory: null,
            io => transport._verifier = new VerifyingIo(transport.Faults = new FaultyIo(WithRingOf(rates, io), rates, seed), VerifierScope.Transport));
        transport.Listener = await factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0));
        return transport;
    }

    /// <summary>Connects, from an address of the loopback by which the client can be told from others: a port may be used again.</summary>
    public async Task<Socket> ConnectAsync(byte client = 1)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            if (Faults.Rates.SmallBuffers > 0)
            {
                // The kernel makes the least it can work with of it; the other end then fills its own.
                socket.ReceiveBufferSize = 1;
            }

            socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, client]), 0));
            await socket.ConnectAsync(Listener.EndPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>In the order in which Kestrel stops.</summary>
    public async Task StopAsync()
    {
        await Listener.UnbindAsync();
        await Listener.DisposeAsync().AsTask().WaitAsync(Deadline.Length);
    }

    /// <summary>Nothing is outstanding, rented, registered or open, and no rule was broken.</summary>
    public void AssertNothingLeft() => _verifier.AssertNothingLeft();

    private static RegisteredIo WithRingOf(FaultRates rates, RegisteredIo io)
    {
        if (rates.RingEntries == 0)
        {
            return io;
        }

        io.Dispose();
        return new IoUringIo(rates.RingEntries);
    }
}
