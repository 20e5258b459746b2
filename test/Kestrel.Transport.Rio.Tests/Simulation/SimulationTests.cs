using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>That the simulation really has the hazards it is there for, and that a seed repeats them.</summary>
public sealed class SimulationTests
{
    [Fact]
    public void The_same_seed_gives_the_same_completions_in_the_same_passes()
    {
        var options = new SimulationOptions { Seed = 42 }.Failing();

        Assert.Equal(Trace(options), Trace(options));
        Assert.NotEqual(Trace(options), Trace(options with { Seed = 43 }));
    }

    [Fact]
    public void Completions_come_out_of_order_across_connections_and_in_order_on_each()
    {
        var trace = Trace(new SimulationOptions { Seed = 1 }.Unsteady())
            .Where(entry => entry.Result is { Status: SocketError.Success, RequestContext: >= 1000 })
            .Select(entry => entry.Result)
            .ToArray();

        Assert.NotEqual(trace.OrderBy(r => r.RequestContext).ThenBy(r => r.SocketContext), trace);
        Assert.All(
            trace.GroupBy(result => result.SocketContext),
            sends => Assert.Equal(sends.Select(r => r.RequestContext).Order(), sends.Select(r => r.RequestContext)));
    }

    [Fact]
    public void Receives_are_partial_and_completions_late()
    {
        var trace = Trace(new SimulationOptions { Seed = 1 }.Unsteady());

        Assert.Contains(trace, entry => entry.Result is { RequestContext: < 1000, BytesTransferred: > 0 and < 100 });
        Assert.True(trace.Select(entry => entry.Pass).Distinct().Count() > 3);
    }

    [Fact]
    public void Requests_fail()
    {
        var trace = Trace(new SimulationOptions { Seed = 1, ReceiveErrorChance = 0.5, SendErrorChance = 0.5 });

        Assert.Contains(trace, entry => entry.Result.Status == SocketError.ConnectionReset);
        Assert.Contains(trace, entry => entry.Result.Status == SocketError.NoBufferSpaceAvailable);
    }

    [Fact]
    public void A_request_that_never_ends_does_so_at_close()
    {
        using var machine = new Machine(new SimulationOptions { StallChance = 1 });
        machine.Peer.Write([1]);
        machine.Requests.Receive(machine.Memory.All, requestContext: 1);
        Assert.Empty(machine.Run(passes: 50));

        machine.Requests.Close(CloseMode.Abortive);

        Assert.Equal(SocketError.OperationAborted, Assert.Single(machine.Run(passes: 1)).Status);
    }

    [Fact]
    public void A_peer_that_does_not_read_stalls_sends_at_its_window()
    {
        using var machine = new Machine(new SimulationOptions { Window = 100 });
        machine.Peer.StopReading();
        machine.Requests.Send(machine.Memory.Slice(0, 150), requestContext: 1);
        Assert.Empty(machine.Run(passes: 20));
        Assert.Equal(100, machine.Peer.Available);

        machine.Peer.Read(new byte[10]);
        machine.Run(passes: 5);
        Assert.Equal(100, machine.Peer.Available);
        machine.Peer.ReadAvailable();

        Assert.Equal(150u, Assert.Single(machine.Run(passes: 5)).BytesTransferred);
    }

    [Fact]
    public void A_wait_returns_when_nothing_would_ever_come()
    {
        using var machine = new Machine(new SimulationOptions());

        machine.Completions.Wait(Timeout.InfiniteTimeSpan);

        Assert.Empty(machine.Run(passes: 1));
    }

    [Fact]
    public void Commit_enters_the_kernel_only_in_the_shape_of_Winsock()
    {
        foreach (var startsAtCommit in new[] { false, true })
        {
            using var machine = new Machine(new SimulationOptions { StartsAtCommit = startsAtCommit });
            machine.Requests.Send(machine.Memory.Slice(0, 10), requestContext: 1);

            Assert.Equal(startsAtCommit ? 1 : 0, machine.Completions.Dequeue(new RioResult[4]));
            machine.Completions.Submit();
            Assert.Equal(10, machine.Peer.Available);
        }
    }

    [Fact]
    public void Memory_beyond_the_limit_is_not_locked()
    {
        using var io = new SimulatedIo(new SimulationOptions { LockedMemoryLimit = 8192 });
        Assert.Equal(SocketError.Success, io.RegisterBuffer(4096, 8192, out var id));

        Assert.Equal(SocketError.NoBufferSpaceAvailable, io.RegisterBuffer(65536, 1, out var refused));
        Assert.False(refused.IsValid);

        io.DeregisterBuffer(id);
        Assert.Equal(SocketError.Success, io.RegisterBuffer(65536, 1, out _));
    }

    [Fact]
    public void A_buffer_is_the_kernels_as_soon_as_a_receive_is_posted()
    {
        using var machine = new Machine(new SimulationOptions());
        machine.Requests.Receive(machine.Memory.Slice(0, 10), requestContext: 1);

        Assert.Equal(-1, machine.Memory.Span[..10].IndexOfAnyExcept((byte)0xA5));
        Assert.Equal(0, machine.Memory.Span[10]);
    }

    [Fact]
    public void Accepts_fail_and_disarm()
    {
        using var machine = new Machine(new SimulationOptions { AcceptErrorChance = 1 });
        using var listenSocket = ProviderFixture.Listen();
        var accepts = machine.Completions.CreateAcceptQueue(listenSocket, socketContext: 9);
        accepts.Arm();
        machine.Io.Connect(listenSocket.LocalEndPoint!);

        Assert.Equal(SocketError.TooManyOpenSockets, Assert.Single(machine.Run(passes: 2)).Status);
        Assert.False(accepts.IsArmed);
    }

    /// <summary>Ten connections that each send four pieces and receive what their peers wrote.</summary>
    private static List<(int Pass, RioResult Result)> Trace(SimulationOptions options)
    {
        using var io = new SimulatedIo(options);
        using var memory = new RegisteredMemory(io, 64 * 1024);
        var completions = io.CreateCompletionQueue(1000);
        for (var i = 0; i < 10; i++)
        {
            var peer = io.CreateConnected(out var accepted);
            peer.Write(Bench.Bytes(500, options.Seed));
            completions.CreateRequestQueue(accepted, (ulong)i, 4, 4, out var requests);
            for (var j = 0; j < 4; j++)
            {
                requests!.Receive(memory.Slice((i * 1000) + (j * 100), 100), (ulong)j);
                requests.Send(memory.Slice((i * 1000) + 400 + (j * 100), 100), 1000 + (ulong)j);
            }
        }

        var trace = new List<(int Pass, RioResult Result)>();
        var batch = new RioResult[16];
        for (var pass = 0; pass < 200; pass++)
        {
            completions.Wait(TimeSpan.Zero);
            trace.AddRange(batch[..completions.Dequeue(batch)].Select(result => (pass, result)));
        }

        return trace;
    }
}
