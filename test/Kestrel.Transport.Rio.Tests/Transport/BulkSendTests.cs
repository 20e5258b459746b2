using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>Connections that send more than a few blocks at a time, where a provider lets any thread send.</summary>
public sealed class BulkSendTests
{
    private const int Block = 4096;
    private const int Piece = 64 * 1024;
    private const int Length = 2 * 1024 * 1024;

    [Theory]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.ThreadPool)]
    [InlineData(ApplicationScheduling.Adaptive)]
    public async Task Most_of_it_is_sent_by_the_thread_that_writes(ApplicationScheduling scheduling)
    {
        await using var transport = Create(scheduling);
        var (connection, peer) = await transport.ConnectAsync();
        var threads = new ConcurrentBag<string?>();
        transport.Faults.OnSendingAtOnce = () => threads.Add(Thread.CurrentThread.Name);
        var completions = transport.Pollers.Pollers.Single().Figures.Completions;
        var bytes = Bench.Bytes(Length, seed: 1);

        await OnItsOwnThreadAsync(() => Write(connection.Transport.Output, bytes));

        await ReceivedAsync(peer, bytes);
        Assert.Contains("the one that writes", threads);

        // By the poller, block by block, it would be 512.
        Assert.InRange(transport.Pollers.Pollers.Single().Figures.Completions - completions, 1, Length / Block / 3);
    }

    [Fact]
    public async Task Foreign_memory_is_sent_by_the_writing_thread()
    {
        await using var transport = Create();
        var (connection, peer) = await transport.ConnectAsync();
        var output = connection.Transport.Output;
        var threads = new ConcurrentBag<string?>();
        transport.Faults.OnSendingAtOnce = () => threads.Add(Thread.CurrentThread.Name);
        var completions = transport.Pollers.Pollers.Single().Figures.Completions;
        var bytes = Bench.Bytes(Length, seed: 1);

        await OnItsOwnThreadAsync(() =>
        {
            for (var written = 0; written < Length; written += Piece)
            {
                bytes.AsSpan(written, Piece).CopyTo(output.GetSpan(Piece));
                output.Advance(Piece);
                Flush(output);
            }
        });

        await ReceivedAsync(peer, bytes);
        Assert.Contains("the one that writes", threads);

        // By the poller, through copies in blocks of the pool, it would be 512.
        Assert.InRange(transport.Pollers.Pollers.Single().Figures.Completions - completions, 1, Length / Block / 3);
    }

    [Fact]
    public async Task Direct_send_is_limited_to_512_KiB()
    {
        await using var transport = Create(simulation: new SimulationOptions { Window = 2 * Length });
        var (connection, peer) = await transport.ConnectAsync();
        var output = connection.Transport.Output;
        var bytes = Bench.Bytes(Piece + Length, seed: 1);
        await OnItsOwnThreadAsync(() => Write(output, bytes.AsSpan(0, Piece)));
        await SimulatedTransport.UntilAsync(() => peer.Available == Piece, "the first, by the poller");
        var completions = transport.Pollers.Pollers.Single().Figures.Completions;

        await OnItsOwnThreadAsync(() =>
        {
            bytes.AsSpan(Piece).CopyTo(output.GetSpan(Length));
            output.Advance(Length);
            Flush(output);
        });

        await ReceivedAsync(peer, bytes);
        Assert.InRange(transport.Pollers.Pollers.Single().Figures.Completions - completions, (Length - (512 * 1024)) / Block, Length / Block);
    }

    [Fact]
    public async Task The_poller_has_its_turn_every_512_KiB()
    {
        await using var transport = Create();
        var (connection, peer) = await transport.ConnectAsync();
        var atOnce = 0;
        transport.Faults.OnSendingAtOnce = () => atOnce++;
        var bytes = Bench.Bytes(Length, seed: 1);

        await OnItsOwnThreadAsync(() => Write(connection.Transport.Output, bytes));

        await ReceivedAsync(peer, bytes);

        // Of 32 pieces the first, and then each ninth, is the poller's; and so is one that comes before it reads again.
        Assert.InRange(atOnce, 512 * 1024 / Piece, Length / Piece * 8 / 9);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Bytes_stay_in_order_on_an_unsteady_machine(ulong seed)
    {
        await using var transport = Create(simulation: new SimulationOptions { Seed = seed }.Unsteady());
        var random = new DeterministicRandom(seed);
        var (connection, peer) = await transport.ConnectAsync();
        var bytes = Bench.Bytes(Length, seed);
        var written = 0;

        while (written < Length)
        {
            // Large and small pieces, some from memory that is not the pool's.
            var piece = bytes.AsMemory(written, Math.Min(Length - written, random.Between(1, random.Chance(0.5) ? 100 : 2 * Piece)));
            var memory = connection.Transport.Output.GetMemory(random.Chance(0.2) ? piece.Length : 1);
            piece = piece[..Math.Min(piece.Length, memory.Length)];
            if (piece.Length == memory.Length)
            {
                piece.CopyTo(memory);
                connection.Transport.Output.Advance(piece.Length);
            }
            else
            {
                connection.Transport.Output.Write(piece.Span);
            }

            written += piece.Length;
            if (random.Chance(0.3))
            {
                await connection.Transport.Output.FlushAsync(TestContext.Current.CancellationToken);
            }
        }

        await connection.Transport.Output.FlushAsync(TestContext.Current.CancellationToken);

        await ReceivedAsync(peer, bytes);
    }

    [Fact]
    public async Task Writer_waits_for_a_peer_that_reads_late()
    {
        const int Window = 100_000;
        await using var transport = Create(simulation: new SimulationOptions { Window = Window });
        var (connection, peer) = await transport.ConnectAsync();
        peer.StopReading();
        var bytes = Bench.Bytes(Length, seed: 1);

        var writing = OnItsOwnThreadAsync(() => Write(connection.Transport.Output, bytes));

        await SimulatedTransport.UntilAsync(() => peer.Available == Window, "a full window");
        Assert.False(writing.IsCompleted);
        peer.StartReading();
        await writing;
        await ReceivedAsync(peer, bytes);
    }

    [Fact]
    public async Task What_is_written_last_arrives_before_the_end()
    {
        await using var transport = Create();
        var (connection, peer) = await transport.ConnectAsync();
        var bytes = Bench.Bytes(3 * Piece, seed: 1);

        await OnItsOwnThreadAsync(() =>
        {
            Write(connection.Transport.Output, bytes);
            connection.Transport.Output.Complete();
        });

        await SimulatedTransport.UntilAsync(() => peer.FinReceived, "the end");
        Assert.Equal(bytes, peer.ReadAvailable());
    }

    [Fact]
    public async Task An_application_that_fails_after_bulk_data_ends_the_connection()
    {
        await using var transport = Create();
        var (connection, peer) = await transport.ConnectAsync();

        await OnItsOwnThreadAsync(() =>
        {
            Write(connection.Transport.Output, Bench.Bytes(2 * Piece, seed: 1));
            connection.Transport.Output.Complete(new InvalidOperationException("a fault of the application's"));
        });

        await SimulatedTransport.UntilAsync(() => peer.ResetReceived, "the end");
        await SimulatedTransport.UntilAsync(() => connection.ConnectionClosed.IsCancellationRequested, "ConnectionClosed");
    }

    [Fact]
    public async Task A_reset_that_the_writer_meets_ends_the_connection_as_any_other()
    {
        await using var transport = Create();
        var (connection, peer) = await transport.ConnectAsync();
        var output = connection.Transport.Output;
        await OnItsOwnThreadAsync(() => Write(output, Bench.Bytes(2 * Piece, seed: 1)));
        transport.Faults.OnSendingAtOnce = peer.Reset;

        await OnItsOwnThreadAsync(() =>
        {
            while (!Flush(output, Piece).IsCompleted)
            {
            }
        });

        await SimulatedTransport.UntilAsync(() => connection.ConnectionClosed.IsCancellationRequested, "ConnectionClosed");
        await Assert.ThrowsAsync<ConnectionResetException>(() => SimulatedTransport.ReadAsync(connection, 1));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_is_written_after_an_abort_is_not_sent(bool finOnError)
    {
        await using var transport = new SimulatedTransport(new SimulationOptions(), new RioTransportOptions { PollerCount = 1, FinOnError = finOnError });
        var (connection, peer) = await transport.ConnectAsync();
        var output = connection.Transport.Output;
        await OnItsOwnThreadAsync(() => Write(output, Bench.Bytes(2 * Piece, seed: 1)));
        await SimulatedTransport.UntilAsync(() => peer.Available == 2 * Piece, "what was written before");

        await OnItsOwnThreadAsync(() =>
        {
            connection.Abort();
            Flush(output, Piece);
        });

        await SimulatedTransport.UntilAsync(() => peer.ServerClosed, "the end");
        Assert.Equal(2 * Piece, peer.Available);
    }

    [Fact]
    public async Task Abort_during_a_direct_send_closes_and_returns_the_memory()
    {
        await using var transport = Create();
        var (connection, peer) = await transport.ConnectAsync();
        var output = connection.Transport.Output;
        var rented = 0L;
        transport.Faults.OnSendingAtOnce = () =>
        {
            connection.Abort();
            Spin.Until(() => peer.ResetReceived, "the close");
            rented = transport.Pollers.MemoryPool.Counts.RentedBlocks;
        };

        await OnItsOwnThreadAsync(() =>
        {
            while (!Flush(output, Piece).IsCompleted)
            {
            }
        });

        await connection.DisposeAsync().AsTask().WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        Assert.InRange(rented, Piece / Block, long.MaxValue);
        Assert.Equal(0, transport.Pollers.MemoryPool.Counts.RentedBlocks);
    }

    [Fact]
    public async Task An_exception_of_ours_in_a_writers_send_ends_its_connection_and_no_other()
    {
        await using var transport = Create();
        var (connection, peer) = await transport.ConnectAsync();
        var (other, otherPeer) = await transport.ConnectAsync();
        var output = connection.Transport.Output;
        await OnItsOwnThreadAsync(() => Flush(output, Piece));
        transport.Faults.OnSendingAtOnce = static () => throw new NotSupportedException("a fault of ours");

        var error = await Assert.ThrowsAsync<NotSupportedException>(() => OnItsOwnThreadAsync(() =>
        {
            while (!Flush(output, Piece).IsCompleted)
            {
            }
        }));

        Assert.Equal("a fault of ours", error.Message);
        await SimulatedTransport.UntilAsync(() => peer.ResetReceived, "the end");
        Assert.True(otherPeer.Write([1]));
        Assert.Equal([1], await SimulatedTransport.ReadAsync(other, 1));
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1L)]
    [InlineData(1024 * 1024L)]
    public async Task Whatever_the_application_may_have_unsent_all_of_it_arrives(long? maxWriteBufferSize)
    {
        await using var transport = new SimulatedTransport(
            new SimulationOptions(), new RioTransportOptions { PollerCount = 1, MaxWriteBufferSize = maxWriteBufferSize });
        var (connection, peer) = await transport.ConnectAsync();
        var bytes = Bench.Bytes(Length, seed: 1);

        await OnItsOwnThreadAsync(() => Write(connection.Transport.Output, bytes));

        await ReceivedAsync(peer, bytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task An_abort_in_the_middle_ends_the_writer_and_leaves_nothing(ulong seed)
    {
        await using var transport = Create(simulation: new SimulationOptions { Seed = seed }.Unsteady());
        for (var i = 0; i < 20; i++)
        {
            var (connection, peer) = await transport.ConnectAsync();
            var output = connection.Transport.Output;
            var writing = OnItsOwnThreadAsync(() =>
            {
                while (!Flush(output, Piece).IsCompleted)
                {
                }
            });

            await SimulatedTransport.UntilAsync(() => peer.Available > i * Piece, "some of it");
            connection.Abort();

            await writing;
            await connection.DisposeAsync().AsTask().WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        }
    }

    private static SimulatedTransport Create(
        ApplicationScheduling scheduling = ApplicationScheduling.ThreadPool, SimulationOptions? simulation = null)
        => new(simulation ?? new SimulationOptions(), new RioTransportOptions { PollerCount = 1, ApplicationScheduling = scheduling });

    /// <summary>Threads of the pool change at every await, and pollers run what comes after it.</summary>
    private static Task OnItsOwnThreadAsync(Action write)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var thread = new Thread(() =>
        {
            try
            {
                write();
                done.SetResult();
            }
            catch (Exception e)
            {
                done.SetException(e);
            }
        })
        {
            Name = "the one that writes",
            IsBackground = true,
        };
        thread.Start();
        return done.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
    }

    private static void Write(PipeWriter output, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length > 0; bytes = bytes[Math.Min(Piece, bytes.Length)..])
        {
            output.Write(bytes[..Math.Min(Piece, bytes.Length)]);
            Flush(output);
        }
    }

    private static FlushResult Flush(PipeWriter output, int zeros)
    {
        output.Write(new byte[zeros]);
        return Flush(output);
    }

#pragma warning disable VSTHRD002 // Its thread is the test's own, and does nothing else.
    private static FlushResult Flush(PipeWriter output) => output.FlushAsync(TestContext.Current.CancellationToken).AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002

    private static async Task ReceivedAsync(SimulatedPeer peer, byte[] bytes)
    {
        await SimulatedTransport.UntilAsync(() => peer.Available == bytes.Length, "all bytes");
        Assert.Equal(bytes, peer.ReadAvailable());
    }
}
