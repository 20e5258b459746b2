using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Hosting;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

public sealed class PollerGroupTests : IDisposable
{
    private readonly ListLogger _logger = new();
    private readonly SimulatedIo _simulation = new(new SimulationOptions { Wait = WaitMode.Block });

    [Fact]
    public async Task Connections_go_to_the_least_loaded_poller_and_listeners_in_turn()
    {
        var group = Create(_simulation, pollers: 3);
        var pollers = group.Pollers.ToArray();
        for (var i = 0; i < 9; i++)
        {
            group.ChooseForConnection().ReserveConnection();
        }

        Assert.All(pollers, poller => Assert.Equal(3, poller.Connections));
        pollers[1].ReleaseConnection();
        Assert.Same(pollers[1], group.ChooseForConnection());
        Assert.Equal(pollers, Enumerable.Range(0, 3).Select(_ => group.ChooseForListener()).OrderBy(poller => poller.Index));
        Assert.Equal(3, Enumerable.Range(0, 3).Select(_ => group.ChooseForListener()).Distinct().Count());
        await StopAsync(group);
    }

    [Fact]
    public async Task Where_the_machine_gives_fewer_queues_there_are_fewer_pollers_and_a_warning()
    {
        var group = Create(new DelegatingIo(_simulation, maxQueues: 2), pollers: 4);

        Assert.Equal(2, group.Pollers.Count());
        var warning = Assert.Single(_logger.Entries);
        Assert.Equal(LogLevel.Warning, warning.Level);
        Assert.Contains("2 of 4", warning.Text, StringComparison.Ordinal);
        Assert.Contains("No more queues.", warning.Text, StringComparison.Ordinal);
        await StopAsync(group);
    }

    [Fact]
    public void Group_without_enough_descriptors_is_not_made()
    {
        var io = new DelegatingIo(_simulation, maxQueues: 2) { ShortOfMemory = false };

        Assert.ThrowsAny<PlatformNotSupportedException>(() => Create(io, pollers: 4));

        Assert.Equal(["completion queue", "completion queue"], io.TakenApart);
    }

    [Fact]
    public async Task Dead_poller_reports_it_and_takes_no_connection()
    {
        var io = new DelegatingIo(_simulation);
        var group = Create(io, pollers: 2);
        var doomed = group.Pollers.First();
        using var listenSocket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listenSocket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listenSocket.Listen();
        var acceptLoop = new AcceptLoop(doomed, listenSocket, (IPEndPoint)listenSocket.LocalEndPoint!, _ => { }, _logger);
        acceptLoop.Start();

        doomed.Post(new PollerAction(() => throw new InvalidOperationException("a fault of ours")));
        await acceptLoop.StopAsync().WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        Spin.Until(() => doomed.IsDead, "the death of the poller");

        Assert.NotSame(doomed, group.ChooseForConnection());
        await StopAsync(group);
        var error = Assert.Single(_logger.Entries);
        Assert.Equal(LogLevel.Critical, error.Level);

        // Its requests have completed, so nothing has to be kept for them.
        Assert.Equal(["completion queue", "completion queue", "provider"], io.TakenApart);
    }

    [Fact]
    public void Where_the_machine_gives_no_queue_there_is_no_group()
        => Assert.ThrowsAny<PlatformNotSupportedException>(() => Create(new DelegatingIo(_simulation, maxQueues: 0), pollers: 2));

    [Fact]
    public void Group_without_registered_memory_is_not_made()
    {
        using var machine = new SimulatedIo(new SimulationOptions { Wait = WaitMode.Block, LockedMemoryLimit = 0 }.AsWinsock());
        var io = new DelegatingIo(machine);

        var exception = Assert.Throws<PlatformNotSupportedException>(() => Create(io, pollers: 2));

        Assert.Contains("refused to register", exception.Message, StringComparison.Ordinal);
        Assert.Equal(["completion queue", "completion queue"], io.TakenApart);
    }

    [Fact]
    public async Task A_stop_takes_apart_the_queues_then_the_memory_then_the_provider()
    {
        var io = new DelegatingIo(_simulation);
        var group = Create(io, pollers: 2);
        group.MemoryPool.Rent().Dispose();

        await StopAsync(group);

        Assert.Equal(["completion queue", "completion queue", "memory", "provider"], io.TakenApart);
        Assert.Empty(_logger.Entries);
    }

    [Fact]
    public async Task When_a_drain_does_not_end_the_memory_is_kept_and_stays_registered()
    {
        var io = new DelegatingIo(_simulation) { NeverCompleting = 1 };
        var group = Create(io, pollers: 1);
        var block = group.MemoryPool.Rent();

        await StopAsync(group);

        var error = Assert.Single(_logger.Entries);
        Assert.Equal(LogLevel.Error, error.Level);
        Assert.Empty(io.TakenApart);
        Assert.Equal(1, _simulation.Registered);

        // Whoever still writes to it, the kernel above all, writes into memory that is nobody else's.
        block.Memory.Span.Fill(1);
        Assert.True(group.MemoryPool.TryGetBuffer(block.Memory, out var buffer));
        Assert.True(buffer.Id.IsValid);
        block.Dispose();
    }

    [Fact]
    public async Task Lost_wake_up_is_repaired()
    {
        var io = new DelegatingIo(_simulation);
        var group = Create(io, pollers: 1);
        var poller = group.Pollers.Single();
        var executed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Spin.Until(() => io.Waits > 0, "the sleep of a poller that has nothing to do");
        io.WakeUpsToLose = 1;

        poller.Post(new PollerAction(executed.SetResult));

        await executed.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        Assert.Equal(0, io.WakeUpsToLose);
        await StopAsync(group);
    }

    [Fact]
    public async Task A_stop_whose_wake_up_is_lost_ends_all_the_same()
    {
        var io = new DelegatingIo(_simulation);
        var group = Create(io, pollers: 1);
        Spin.Until(() => io.Waits > 0, "the sleep of a poller that has nothing to do");
        io.WakeUpsToLose = 1;

        await StopAsync(group);

        Assert.Equal(0, io.WakeUpsToLose);
        Assert.Empty(_logger.Entries);
    }

    [Theory]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.Adaptive)]
    public async Task Pollers_whose_threads_cannot_start_are_left_out(ApplicationScheduling scheduling)
    {
        var pollerThreads = 0;
        var io = new DelegatingIo(_simulation);
        var group = Create(io, pollers: 4, scheduling, thread =>
        {
            if (IsOfPoller(thread) && Interlocked.Increment(ref pollerThreads) > 2)
            {
                throw NoMoreThreads.Exception;
            }

            thread.UnsafeStart();
        });

        Assert.Equal(2, group.Pollers.Count());
        Assert.Equal(["completion queue", "completion queue"], io.TakenApart);
        Assert.Contains("2 of 4", Assert.Single(_logger.Entries).Text, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, 8), _ => Assert.Contains(group.ChooseForListener(), group.Pollers));
        await StopAsync(group);
        Assert.Equal("provider", io.TakenApart[^1]);
    }

    [Theory]
    [InlineData(ApplicationScheduling.Inline, true)]
    [InlineData(ApplicationScheduling.Adaptive, true)]
    [InlineData(ApplicationScheduling.Adaptive, false)]
    public void Machine_without_a_thread_for_them_has_no_pollers(ApplicationScheduling scheduling, bool hasWatch)
    {
        var started = new List<Thread>();
        var io = new DelegatingIo(_simulation);

        Assert.Throws<PlatformNotSupportedException>(() => Create(io, pollers: 2, scheduling, thread =>
        {
            if (IsOfPoller(thread) || !hasWatch)
            {
                throw NoMoreThreads.Exception;
            }

            started.Add(thread);
            thread.UnsafeStart();
        }));

        Assert.Equal(["completion queue", "completion queue"], io.TakenApart);
        Assert.All(started, static thread => Assert.True(thread.Join(Deadline.Length)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Stop_ends_while_application_code_holds_a_poller_and_goes_on_after_it(bool afterTheStopHasBegun)
    {
        var io = new DelegatingIo(_simulation);
        var group = Create(io, pollers: 2, ApplicationScheduling.Inline);
        var held = group.Pollers.First();
        var gate = new Gate();
        var work = new ReadyWork(_ => gate.Wait(), null);
        if (afterTheStopHasBegun)
        {
            held.Post(new PollerAction(() =>
            {
                var key = 0UL;
                key = held.Register(new RecordingTarget
                {
                    Stopping = () =>
                    {
                        held.Schedule(work);
                        held.Unregister(key);
                    },
                });
            }));
        }
        else
        {
            held.Schedule(work);
        }

        await StopAsync(group);

        var warning = Assert.Single(_logger.Entries);
        Assert.Equal((LogLevel.Warning, "StopPostponed"), (warning.Level, warning.Id.Name));
        Assert.DoesNotContain("memory", io.TakenApart);
        Assert.DoesNotContain("provider", io.TakenApart);

        // What comes late is executed, and then everything is taken apart after all.
        var late = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        held.Post(new PollerAction(late.SetResult));
        gate.Open();
        await late.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        await SimulatedTransport.UntilAsync(() => io.HasTakenApart("provider"), "the end of the poller");
        Assert.Single(_logger.Entries);
    }

    [Fact]
    public async Task Upkeep_that_throws_is_reported_and_ends_nothing()
    {
        var io = new DelegatingIo(_simulation);
        var group = Create(io, pollers: 1, ApplicationScheduling.Inline);
        var poller = group.Pollers.Single();
        var gate = new Gate();
        var isHeld = 0;
        poller.Schedule(new ReadyWork(
            _ =>
            {
                Volatile.Write(ref isHeld, 1);
                gate.Wait();
            },
            null));
        Spin.Until(() => Volatile.Read(ref isHeld) != 0, "the work that holds the poller");
        io.Waking = static () => throw new InvalidOperationException("a fault of ours");

        // The upkeep wakes pollers that have something in their mailbox.
        poller.Post(new PollerAction(static () => { }));
        await SimulatedTransport.UntilAsync(HasEntry, "the report");

        io.Waking = null;
        gate.Open();
        await StopAsync(group);
        Assert.All(_logger.Entries, static entry => Assert.Equal((LogLevel.Error, "UpkeepFailed"), (entry.Level, entry.Id.Name)));

        bool HasEntry()
        {
            lock (_logger.Entries)
            {
                return _logger.Entries.Count > 0;
            }
        }
    }

    public void Dispose() => _simulation.Dispose();

    private static Task StopAsync(PollerGroup group)
        => group.StopAsync().WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);

    private PollerGroup Create(
        Rio.Contract.RegisteredIo io, int pollers, ApplicationScheduling scheduling = ApplicationScheduling.Adaptive,
        Action<Thread>? startThread = null)
    {
        var options = new RioTransportOptions { PollerCount = pollers, SlabSize = 64 * 1024, ApplicationScheduling = scheduling };
        return PollerStart.Start(io, options, meterFactory: null, _logger, startThread);
    }

    private static bool IsOfPoller(Thread thread) => thread.Name!.StartsWith("Rio poller", StringComparison.Ordinal);
}
