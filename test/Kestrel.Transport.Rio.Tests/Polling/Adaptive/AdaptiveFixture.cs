using System.Diagnostics;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Platform.Linux;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Kestrel.Transport.Rio.Tests.Verification;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>
/// A poller led by real threads on a simulated machine under the verifier, and a watch that looks only when the test has it
/// look: at times of the test's own.
/// </summary>
#pragma warning disable CA1001 // StopAsync disposes everything, in its order.
internal sealed class AdaptiveFixture
#pragma warning restore CA1001
{
    public static readonly TimeSpan Threshold = TimeSpan.FromMilliseconds(1);

    private readonly VerifyingIo _io;
    private readonly RegisteredMemoryPool _pool;
    private readonly PollerThread _thread;

    public AdaptiveFixture(int maxThreads = 8, ProviderShape shape = ProviderShape.Steady, TimeSpan? threshold = null, ToldActivity? activity = null, ToldActivity? inLane = null, int processors = 2, Alarm? alarm = null, long? maxRegisteredMemory = null)
    {
        _io = new VerifyingIo(
            new SimulatedIo(new ScheduleSettings { Shape = shape, Seed = 1 }.ToSimulation() with { Wait = WaitMode.Block }),
            VerifierScope.Transport);
        _pool = new RegisteredMemoryPool(_io, 64 * 1024, maxRegisteredMemory, meterFactory: null, Logger, observer: _io);
        Crew = new PollerThreadPool(mayEndThreads: true, () => Thread.CurrentThread.IsThreadPoolThread ? inLane ?? activity : activity);
        Watch = new StallMonitor(Crew, threshold ?? Threshold, Logger, alarm ?? CreateAlarm(), processors, () => Pauses);
        AdaptiveRunner? runner = null;
        Completions = _io.CreateCompletionQueue(100);
        Poller = new CompletionPoller(
            0, Completions, _pool, _io.Capabilities, parking: null, Logger,
            poller => runner = new AdaptiveRunner(poller, Watch, Crew, maxThreads, () => activity?.Times, Logger));
        Runner = runner!;
        _thread = new PollerThread(Poller, Logger, Crew);
        Watch.Add(_thread);
        _thread.Start();
    }

    /// <summary>The time, as the watch is told.</summary>
    public long Now { get; set; } = Stopwatch.GetTimestamp();

    public RegisteredMemoryPool Pool => _pool;

    public ListLogger Logger { get; } = new(LogLevel.Debug);

    public PollerThreadPool Crew { get; }

    public StallMonitor Watch { get; }

    public AdaptiveRunner Runner { get; }

    public CompletionQueue Completions { get; }

    public CompletionPoller Poller { get; }

    /// <summary>For how long the garbage collector has paused the process, as the watch is told.</summary>
    public TimeSpan Pauses { get; set; }

    /// <summary>Time passes, and the watch looks.</summary>
    public void Sample(TimeSpan after)
    {
        Now += (long)(after.TotalSeconds * Stopwatch.Frequency);
        Watch.Sample(Now);
    }

    /// <summary>What the watch sleeps on where it is shipped.</summary>
    private static Alarm CreateAlarm() => OperatingSystem.IsLinux() && FutexAlarm.IsSupported ? new FutexAlarm() : new EventAlarm();

    /// <summary>The watch looks as often as it takes; each time is long enough for a hand-over.</summary>
    public void SampleUntil(Func<bool> condition, string what)
    {
        var deadline = new Deadline();
        while (!condition())
        {
            Assert.False(deadline.IsOver, $"Did not happen in {Deadline.Length}: {what}.");
            Sample(2 * Threshold);
            Thread.Yield();
        }
    }

    public bool TryFallAsleep(TimeSpan after) => Watch.TryFallAsleep(Now + (long)(after.TotalSeconds * Stopwatch.Frequency));

    /// <summary>Has the poller find application work of a connection, as it does when it dispatches a completion.</summary>
    public void Dispatch(AdaptiveScheduler connection, Action work)
        => Poller.Post(new PollerAction(() => connection.Schedule(_ => work(), state: null)));

    /// <summary>Whether a connection's work runs on the thread pool.</summary>
    public Task<bool> IsOnPoolAsync(AdaptiveScheduler connection)
    {
        var ran = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Dispatch(connection, () => ran.SetResult(Thread.CurrentThread.IsThreadPoolThread));
        return ran.Task.WaitAsync(Deadline.Length);
    }

    /// <summary>Has a connection's work keep the poller for longer than is forgiven, and end.</summary>
    public void KeepTooLong(AdaptiveScheduler connection)
    {
        var gate = new Gate();
        var handOvers = Poller.Figures.HandOvers;
        var calls = Runner.Role.Calls;
        Dispatch(connection, gate.Wait);
        Spin.Until(() => Runner.Role.Calls > calls, "the call");
        var looks = Watch.Samples;
        SampleUntil(() => Poller.Figures.HandOvers > handOvers && Watch.Samples > looks + 60, "the hand-over, and a time that is not forgiven");
        gate.Open();
        Spin.Until(() => Runner.Overload.BlockedThreads == 0, "the thread's return");
        StandBy(1);
    }

    /// <summary>A connection of which it is known that it computes.</summary>
    public AdaptiveScheduler ComputingConnection()
    {
        var connection = Connection("computing");
        connection.OnRanElsewhere(100 * Runner.Threshold, new ThreadTimes(100 * Runner.Threshold, TimeSpan.Zero));
        Assert.Equal(SlowWork.Computes, connection.SlowWork);
        return connection;
    }

    /// <summary>There are so many threads that stand by, and one more, which is the watch's.</summary>
    public void StandBy(int threads)
    {
        for (var i = 0; i <= threads; i++)
        {
            Crew.AddStandBy();
        }
    }

    public AdaptiveScheduler Connection(string id = "a") => new(Poller, Runner, id);

    /// <summary>A connection whose input has ended.</summary>
    public AdaptiveScheduler EndedConnection()
    {
        var connection = Connection("ended");
        connection.OnInputEnding();
        return connection;
    }

    /// <summary>Ends everything, and finds what is left.</summary>
    public async Task StopAsync()
    {
        Watch.ReleaseComputing();
        Assert.True(await _thread.StopAsync(Deadline.Length).WaitAsync(Deadline.Length));
        Watch.Dispose();
        Assert.True(await Crew.StopAsync(Deadline.Length));

        // A thread that is back is the crew's first, and counted as back after that.
        var deadline = new Deadline();
        while (Runner.Overload.BlockedThreads + Runner.Overload.AsideThreads != 0)
        {
            Assert.False(deadline.IsOver, $"{Runner.Overload.BlockedThreads + Runner.Overload.AsideThreads} threads are still counted as kept after all have ended.");
            await Task.Yield();
        }

        Assert.Equal(0, Crew.Threads);
        _pool.Dispose();
        _io.AssertNothingLeft();
        _io.Dispose();
    }
}
