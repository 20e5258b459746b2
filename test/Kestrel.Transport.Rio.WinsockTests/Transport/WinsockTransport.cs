using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Hosting;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Transport.Echo;
using Kestrel.Transport.Rio.Winsock;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.WinsockTests.Transport;

/// <summary>
/// The transport as it ships, from listener to pipes, on Winsock RIO as the bench gives it with these settings, and what it
/// leaves behind. Its peers are ordinary sockets on the loopback.
/// </summary>
#pragma warning disable CA1001 // StopAsync disposes the socket.
internal sealed class WinsockTransport
#pragma warning restore CA1001
{
    private readonly RioTransportOptions _options;
    private readonly Socket _listenSocket;
    private readonly (uint Requests, uint RequestQueues, uint CompletionQueues, uint Registrations) _before;

    /// <exception cref="PlatformNotSupportedException">The machine gave no completion queue, or no memory.</exception>
    public WinsockTransport(RioTransportOptions options, string settings, int mostQueueCapacity = int.MaxValue)
    {
        Assert.SkipUnless(TestBench.IsInstalled, "not on this machine: the Winsock bench, which can be looked into and told to fail.");
        Assert.True(WinsockProbe.IsAvailable(out var functions, out _));
        _options = options;
        TestBench.Reset();
        _before = TestBench.Outstanding();
        TestBench.Configure(settings);
        _listenSocket = ProviderFixture.Listen();
        EndPoint = _listenSocket.LocalEndPoint!;
        try
        {
            Pollers = PollerStart.Start(
                new NarrowIo(new WinsockIo(functions), mostQueueCapacity), options, meterFactory: null, Log);
            Listener = new RioConnectionListener(
                _listenSocket, EndPoint, options, Pollers, () => new ValueTask(Pollers.StopAsync()), Log);
            Listener.Start();
        }
        catch
        {
            _listenSocket.Dispose();
            var left = TestBench.Outstanding();
            TestBench.Configure("");
            Assert.Equal(_before, left);
            Assert.Empty(TestBench.Breaches());
            throw;
        }
    }

    public TransportLog Log { get; } = new();

    public PollerGroup Pollers { get; }

    public RegisteredMemoryPool MemoryPool => Pollers.MemoryPool;

    public RioConnectionListener Listener { get; }

    public EndPoint EndPoint { get; }

    /// <summary>A hang is a failure.</summary>
    public static Task WithinAsync(Task task) => task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);

    public static Task<T> WithinAsync<T>(Task<T> task) => task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);

    public static async Task<ReadOnlySequence<byte>> ReadAsync(ConnectionContext connection, int atLeast = 1)
        => (await WithinAsync(connection.Transport.Input.ReadAtLeastAsync(atLeast, TestContext.Current.CancellationToken).AsTask())).Buffer;

    /// <summary>Connects, from an address of the loopback by which the client can be told from others: a port may be used again.</summary>
    public async Task<Socket> ConnectAsync(byte client = 1)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Bind(new IPEndPoint(new IPAddress([127, 0, 0, client]), 0));
        await socket.ConnectAsync(EndPoint);
        return socket;
    }

    public async Task<(ConnectionContext Connection, Socket Peer)> ConnectAndAcceptAsync()
    {
        var peer = await ConnectAsync();
        var connection = await WithinAsync(Listener.AcceptAsync().AsTask());
        return (connection!, peer);
    }

    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        var start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < Deadline.Length, $"Did not happen in {Deadline.Length}: {what}.");
            await Task.Delay(1, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>How many bytes come until the end of the connection, however it ends.</summary>
    public static async Task<int> ReceiveAllAsync(Socket socket)
    {
        var buffer = new byte[4096];
        var received = 0;
        try
        {
            while (await WithinAsync(socket.ReceiveAsync(buffer.AsMemory()).AsTask()) is > 0 and var count)
            {
                received += count;
            }
        }
        catch (SocketException)
        {
            // A reset.
        }

        return received;
    }

    /// <summary>In the order in which Kestrel stops.</summary>
    public async Task StopAsync()
    {
        await Listener.UnbindAsync();
        await Listener.DisposeAsync();
        _listenSocket.Dispose();
    }

    /// <summary>Ends these connections, stops, and looks at what is left.</summary>
    public async Task EndAsync(IEnumerable<(ConnectionContext Connection, Socket Peer)> connections)
    {
        foreach (var (connection, peer) in connections)
        {
            peer.Dispose();
            await WithinAsync(connection.DisposeAsync().AsTask());
        }

        await WithinAsync(StopAsync());
        AssertNothingLeft();
    }

    /// <summary>
    /// Nothing is outstanding, rented or registered, and no rule was broken; except for what a lost completion queue takes
    /// with it, which the kernel may still use and so must stay.
    /// </summary>
    public void AssertNothingLeft()
    {
        var left = TestBench.Outstanding();
        TestBench.Configure("");
        Assert.Empty(TestBench.Breaches());

        var lostBuffers = Log.Named("CompletionQueueFailed").Select(entry => (int)entry.Values["LostBuffers"]!).ToArray();
        Assert.True(MemoryPool.Counts.RentedBlocks <= lostBuffers.Sum(), $"{MemoryPool.Counts.RentedBlocks} blocks are rented.");
        Assert.True(MemoryPool.Counts.SlabCount <= MemoryPool.Counts.RentedBlocks, $"{MemoryPool.Counts.SlabCount} slabs are left.");
        Assert.DoesNotContain(
            Log.Entries,
            entry => entry.Level >= LogLevel.Error && (lostBuffers.Length == 0 || entry.Name is not ("CompletionQueueFailed" or "SlabsLeaked")));

        var registrationsOfASlab = _options.RegistrationGranularity == RegistrationGranularity.Block
            ? _options.SlabSize / RegisteredMemoryPool.BlockSize
            : 1;
        var lostQueues = lostBuffers.Count(lost => lost > 0);
        Assert.Equal(
            (_before.Requests, _before.RequestQueues, _before.CompletionQueues + (uint)lostQueues,
                _before.Registrations + ((uint)MemoryPool.Counts.SlabCount * (uint)registrationsOfASlab)),
            left);
        if (lostQueues > 0)
        {
            TestBench.LeaveAsItIs();
        }
    }
}
