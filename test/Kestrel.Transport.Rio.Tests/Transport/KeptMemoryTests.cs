using System.IO.Pipelines;
using System.Net;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Polling;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>
/// Past the pool's limit blocks are the garbage collector's, and where unregistered memory will do the kernel writes to them too.
/// Who has given up waiting for the kernel must see to it that they are nobody else's.
/// </summary>
public sealed class KeptMemoryTests
{
    private const int SlabBlocks = 4;
    private const int SlabSize = SlabBlocks * RegisteredMemoryPool.BlockSize;

    private static readonly IPEndPoint s_listening = new(IPAddress.Loopback, 80);

    private readonly ListLogger _logger = new();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Overflow_block_in_the_kernel_is_leaked_after_an_abandoned_drain(bool receives)
    {
        var block = await GiveUpDrainAsync(receives);

        await CollectAsync();

        Assert.True(block.IsAlive, "The block was collected, and the kernel may still use it.");
    }

    [Fact]
    public async Task Overflow_block_in_the_kernel_lives_as_long_as_its_poller()
    {
        var (poller, block) = await GiveUpDeadPollerAsync();

        await CollectAsync();

        Assert.True(block.IsAlive, "The block was collected, and the kernel may still use it.");
        GC.KeepAlive(poller);
    }

    [Fact]
    public void Bulk_buffer_in_the_kernel_is_not_reused_after_an_abandonment()
    {
        var machine = new SimulatedIo(new SimulationOptions { Wait = WaitMode.Block });
        var io = new DelegatingIo(machine);
        var memory = new RefusingMemory();
        var pool = new RegisteredMemoryPool(io, SlabSize, maxRegisteredMemory: null, meterFactory: null, _logger, memory: memory);
        var poller = new CompletionPoller(0, io.CreateCompletionQueue(100), pool, io.Capabilities, parking: null, _logger, static poller => new InlineRunner(poller));
        var (_, peer) = Connect(machine, poller);
        Assert.True(peer.Write(new byte[3 * RegisteredMemoryPool.BlockSize]));
        Spin.Until(
            () =>
            {
                Pass(poller);
                return poller.Bulk!.Taken == 1;
            },
            "a receive into a bulk buffer");
        io.WithholdsCompletions = true;
        var allocations = memory.Allocations;

        Kill(poller);
        poller.Bulk!.ReleaseSpare();

        Assert.Equal((1, allocations), (poller.Bulk.Taken, memory.Allocations));
    }

    private async Task<WeakReference> GiveUpDrainAsync(bool receives)
    {
        var (poller, connection, block) = await BeginAsync(receives);
        var thread = new PollerThread(poller, _logger);
        thread.Start();

        Assert.False(await thread.StopAsync(TimeSpan.FromMilliseconds(20)).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken));
        Assert.Equal(["DrainTimedOut"], _logger.Entries.Select(static entry => entry.Id.Name));
        Assert.NotNull(connection.AbortReason);
        return block;
    }

    private async Task<(CompletionPoller Poller, WeakReference Block)> GiveUpDeadPollerAsync()
    {
        var (poller, connection, block) = await BeginAsync(receives: true);
        Kill(poller);
        Spin.Until(() => connection.ConnectionClosed.IsCancellationRequested, "the word that the connection is gone");
        Assert.Equal(0, poller.Connections);
        Assert.NotEqual(0, poller.Outstanding);
        return (poller, block);
    }

    /// <summary>A connection that has a request over a block past the limit, of which nobody will hear again.</summary>
    private async Task<(CompletionPoller Poller, RioConnection Connection, WeakReference Block)> BeginAsync(bool receives)
    {
        // It cannot wait without memory, or nothing would be received at the limit before there are data.
        var machine = new SimulatedIo(new SimulationOptions
        {
            Wait = WaitMode.Block,
            Window = 0,
            Capabilities = new RioCapabilities { AcceptsUnregisteredBuffers = true },
        });
        var io = new DelegatingIo(machine);
        var pool = new RegisteredMemoryPool(io, SlabSize, SlabSize, meterFactory: null, _logger);
        for (var i = 0; i < SlabBlocks; i++)
        {
            Assert.NotEqual(0, pool.Rent().Link);
        }

        var poller = new CompletionPoller(0, io.CreateCompletionQueue(100), pool, io.Capabilities, parking: null, _logger, static poller => new InlineRunner(poller));
        var (connection, peer) = Connect(machine, poller);
        Assert.Equal(0, poller.Outstanding);
        var memory = receives ? Receive(poller, connection, peer) : await SendAsync(poller, connection);
        Assert.Equal(1, poller.Outstanding);
        io.WithholdsCompletions = true;
        return (poller, connection, PastTheLimit(memory));
    }

    private (RioConnection Connection, SimulatedPeer Peer) Connect(SimulatedIo machine, CompletionPoller poller)
    {
        var settings = new ConnectionSettings(
            new RioTransportOptions { ApplicationScheduling = ApplicationScheduling.ThreadPool }, poller, _logger);
        var connection = new RioConnection(settings);
        var peer = machine.CreateConnected(out var accepted);
        poller.Post(new PollerAction(() =>
        {
            poller.ReserveConnection();
            connection.Open(accepted, s_listening);
            connection.Start();
        }));
        Pass(poller);
        return (connection, peer);
    }

    private static void Kill(CompletionPoller poller)
    {
        poller.Post(new PollerAction(() => throw new InvalidOperationException("a fault of ours")));
        Pass(poller);

        // Else the queue of those that wait for memory would lead to the connection.
        poller.Starved.RelieveOne();
        Pass(poller);
        poller.Bind();
        poller.End.Abandon();
        CompletionPoller.Unbind();
    }

    /// <summary>What was received into the block is still in it, and the next receive is over the rest of it.</summary>
    private static ReadOnlyMemory<byte> Receive(CompletionPoller poller, RioConnection connection, SimulatedPeer peer)
    {
        poller.Starved.RelieveOne();
        Pass(poller);
        peer.Write([1, 2, 3]);
        var read = default(ReadResult);
        Spin.Until(
            () =>
            {
                Pass(poller);
                return connection.Transport.Input.TryRead(out read);
            },
            "the first bytes");
        connection.Transport.Input.AdvanceTo(read.Buffer.Start);
        return read.Buffer.First;
    }

    /// <summary>The peer has no room for it.</summary>
    private static async Task<ReadOnlyMemory<byte>> SendAsync(CompletionPoller poller, RioConnection connection)
    {
        var memory = connection.Transport.Output.GetMemory(3);
        connection.Transport.Output.Advance(3);
        await connection.Transport.Output.FlushAsync(TestContext.Current.CancellationToken);
        Pass(poller);
        return memory;
    }

    private static WeakReference PastTheLimit(ReadOnlyMemory<byte> memory)
    {
        Assert.True(MemoryMarshal.TryGetMemoryManager(memory, out RegisteredBlock? block));
        Assert.Equal(0, block.Link);
        return new WeakReference(block);
    }

    private static void Pass(CompletionPoller poller)
    {
        poller.Bind();
        poller.RunPass(TimeSpan.Zero);
        CompletionPoller.Unbind();
    }

    /// <summary>From a stack on which nothing is left of what the test has called.</summary>
    private static async Task CollectAsync()
    {
        await Task.Yield();
        for (var i = 0; i < 3; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
