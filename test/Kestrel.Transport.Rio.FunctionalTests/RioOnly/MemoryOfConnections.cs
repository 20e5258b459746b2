using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>
/// Rio only: how much of the transport's memory a hostile connection can hold, by the transport's own figures. SECURITY.md has the
/// numbers.
/// </summary>
public abstract class MemoryOfConnections(Engine engine) : FunctionalTest(engine)
{
    private const int Connections = 100;
    private const int Block = 4096;
    private const int MaxWriteBufferSize = 64 * 1024;
    private const int KernelBuffers = 16 * 1024;

    /// <summary>More than pipe and kernel hold, and an end: Kestrel does not tell who writes on that the connection is gone.</summary>
    private const int AnswerLength = 1024 * 1024;

    private const string HalfARequest = "GET /text/never HTTP/1.1\r\nHost: x\r\nX-Slow: ";

    /// <summary>Where a connection cannot wait for data with no memory in hand, a poller has a block for the next ones.</summary>
    private static readonly int s_spare = OperatingSystem.IsWindows() ? Environment.ProcessorCount * Block : 0;

    /// <summary>So much at once is registered: what is not in use of the last slab, and what pollers keep at hand.</summary>
    private static readonly int s_roundedUp = 2 * new RioTransportOptions().SlabSize;

    [Fact]
    public async Task A_silent_connection_holds_no_block()
    {
        var host = await StartAsync();
        using var figures = new HostFigures(host.Services);
        var clients = await ConnectAllAsync(host);
        await Wait.UntilAsync(() => figures.Read("rio.connections.active") == Connections, Deadline);

        await AssertHeldByEachAsync(figures, atMost: IdleBytes(host));

        await AssertNothingIsLeftAsync(figures, clients);
    }

    [Fact]
    public async Task A_connection_with_half_a_request_holds_one_block()
    {
        var host = await StartAsync();
        using var figures = new HostFigures(host.Services);
        var clients = await ConnectAllAsync(host);
        foreach (var client in clients)
        {
            await client.SendAsync(HalfARequest);
        }

        await Wait.UntilAsync(() => HeldBytes(figures) >= Connections * Block, Deadline);
        await AssertHeldByEachAsync(figures, atMost: Block + IdleBytes(host));

        await AssertNothingIsLeftAsync(figures, clients);
    }

    /// <summary>What it has been sent and does not read waits in the pipe, up to its limit and the write that goes beyond it.</summary>
    [Theory]
    [InlineData(1000)]
    [InlineData(Block)]
    [InlineData(4 * Block)]
    public async Task Connection_that_does_not_read_holds_bounded_output(int write)
    {
        var setup = new HostSetup { App = context => WriteAsync(context, write) };
        setup.Transport.MaxWriteBufferSize = MaxWriteBufferSize;
        setup.Transport.KernelBufferSize = KernelBuffers;
        var host = await StartAsync(setup);
        using var figures = new HostFigures(host.Services);
        var clients = await ConnectAllAsync(host);
        foreach (var client in clients)
        {
            await client.GetAsync("/");
        }

        await Wait.UntilAsync(() => HeldBytes(figures) >= Connections * (MaxWriteBufferSize - Block), Deadline);
        await AssertHeldByEachAsync(figures, atMost: MaxWriteBufferSize + write + (2 * Block) + IdleBytes(host));

        await AssertNothingIsLeftAsync(figures, clients);
    }

    /// <summary>And a connection has a slice of one, or all of it where each block is a registration of its own.</summary>
    private static int IdleBytes(TestHost host)
    {
        var options = host.Services.GetRequiredService<IOptions<RioTransportOptions>>().Value;
        return !OperatingSystem.IsWindows() ? 0 : options.RegistrationGranularity == RegistrationGranularity.Block ? Block : options.IdleReceiveSize;
    }

    private static long HeldBytes(HostFigures figures) => figures.Read("rio.memory.blocks.rented") * Block;

    private static async Task WriteAsync(HttpContext context, int write)
    {
        var bytes = new byte[write];
        for (var written = 0; written < AnswerLength; written += write)
        {
            await context.Response.Body.WriteAsync(bytes, CancellationToken.None);
        }
    }

    private async Task<List<RawClient>> ConnectAllAsync(TestHost host)
    {
        var clients = new List<RawClient>();
        for (var i = 0; i < Connections; i++)
        {
            clients.Add(await host.ConnectAsync(Deadline, static socket => socket.ReceiveBufferSize = KernelBuffers));
        }

        return clients;
    }

    /// <summary>Of all there is on average, since the figures are of all; and it is as much for each, since all do the same.</summary>
    private async Task AssertHeldByEachAsync(HostFigures figures, int atMost)
    {
        var held = await Wait.UntilStillAsync(() => HeldBytes(figures), Deadline);
        var registered = figures.Read("rio.memory.registered") + figures.Read("rio.memory.unregistered");
        TestContext.Current.TestOutputHelper?.WriteLine($"{held / Connections} bytes held by each, {registered} registered or refused for {Connections}");

        // Slices share blocks, of which each poller has one that is not full.
        Assert.InRange(held, 0, ((long)Connections * atMost) + s_spare);
        Assert.InRange(registered, held, ((long)Connections * atMost) + s_roundedUp);
    }

    private async Task AssertNothingIsLeftAsync(HostFigures figures, List<RawClient> clients)
    {
        clients.ForEach(static client => client.Dispose());
        await Wait.UntilAsync(() => figures.Read("rio.connections.active") == 0, Deadline);
        await Wait.UntilAsync(() => HeldBytes(figures) <= s_spare, Deadline);
    }

    public sealed class OnRio() : MemoryOfConnections(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : MemoryOfConnections(Engine.RioInline);

    public sealed class OnRioAdaptive() : MemoryOfConnections(Engine.RioAdaptive);
}
