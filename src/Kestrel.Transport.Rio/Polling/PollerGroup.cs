using System.Diagnostics;
using System.Diagnostics.Metrics;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Platform;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// The pollers of a host and the memory that they share: started with the first endpoint, stopped after the last.
/// </summary>
#pragma warning disable CA1001 // StopAsync disposes everything, in its order.
internal sealed class PollerGroup
#pragma warning restore CA1001
{
    // Room for about 240 connections; it is doubled when it is used up.
    private const int InitialQueueCapacity = 4096;

    // As often as Kestrel's own pool looks for memory that it can do without; its figures are wanted sooner.
    private const int ReportsPerTrim = 10;
    private static readonly TimeSpan s_reportInterval = TimeSpan.FromSeconds(1);

    // Everything has been told to end by then, so only a kernel that does not answer takes so long.
    private static readonly TimeSpan s_drainTimeout = TimeSpan.FromSeconds(5);

    // Application code may hold a poller, or blocks in the cache of a thread, for as long as it likes, and a stop must not wait for it:
    // with the wait of an unbind a stop takes at most a second longer than on Sockets. A thread that is only late is back by then.
    private static readonly TimeSpan s_holdTimeout = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan s_answerInterval = TimeSpan.FromMilliseconds(100);

    private readonly RegisteredIo _io;
    private readonly ILogger _logger;
    private readonly PollerThread[] _threads;
    private readonly WorkScheduling _scheduling;
    private readonly Timer _upkeepTimer;
    private int _nextListener = -1;
    private int _reports;

    /// <param name="io">The provider.</param>
    /// <param name="options">The options.</param>
    /// <param name="scheduling">How application work runs. It becomes the group's.</param>
    /// <param name="meterFactory">Makes the meters, or null for none.</param>
    /// <param name="logger">The log.</param>
    /// <param name="startThread">Starts a thread; null for the system's way.</param>
    /// <exception cref="PlatformNotSupportedException">
    /// The machine does not give a single completion queue, no thread, or no memory that the provider can work with.
    /// </exception>
    public PollerGroup(
        RegisteredIo io, RioTransportOptions options, WorkScheduling scheduling, IMeterFactory? meterFactory, ILogger logger, Action<Thread>? startThread = null)
    {
        _io = io;
        _scheduling = scheduling;
        _logger = logger;
        var completionQueues = CreateCompletionQueues(options.PollerCount);
        try
        {
            MemoryPool = new RegisteredMemoryPool(
                io, options.SlabSize, options.MaxRegisteredMemory, meterFactory, logger, observer: io as IBlockObserver,
                granularity: options.RegistrationGranularity, returnedMemory: options.ReturnedMemory,
                memory: io as INativeMemory);
            EnsureMemory();
            _threads = [.. completionQueues.Select((completionQueue, index) => new PollerThread(
                new CompletionPoller(
                    index, completionQueue, MemoryPool, io.Capabilities, CreateParking(options), logger, scheduling.CreateRunner),
                logger, scheduling.Threads, startThread))];
            MemoryPool.Room.Wanted = () => ForEachPoller(static poller => poller.Spare.OnRoomWanted());
            MemoryPool.Room.Returned = () => ForEachPoller(static poller => poller.Starved.OnRoomReturned());
            MemoryPool.Report.Changed = ReportMemory;
            scheduling.Start(_threads);
            var started = StartPollers();
            for (var i = started; i < completionQueues.Count; i++)
            {
                completionQueues[i].Dispose();
            }

            _threads = _threads[..started];
        }
        catch
        {
            scheduling.Dispose();
            MemoryPool?.Dispose();
            completionQueues.ForEach(static completionQueue => completionQueue.Dispose());
            throw;
        }

        scheduling.OnStarted();
        _upkeepTimer = WithoutContext.Make(() => new Timer(_ => KeepUp(), state: null, s_reportInterval, s_reportInterval));
        RioLog.Started(logger, io.Name, _threads.Length);
    }

    public RegisteredMemoryPool MemoryPool { get; }

    /// <summary>The figures that are observed on the group. They end with it.</summary>
    public IDisposable? Metrics { get; set; }

    /// <summary>Reports measurements.</summary>
    public MeasurementQueue Measurements { get; } = new();

    /// <summary>The pollers' threads, whatever they do at the moment.</summary>
    public int Threads => _scheduling.Threads is null ? _threads.Length : _scheduling.ThreadCount;

    /// <summary>Application work that waits for a processor.</summary>
    public int WaitingWork => _scheduling.WaitingWork;

    public IEnumerable<CompletionPoller> Pollers => _threads.Select(static thread => thread.Poller);

    /// <summary>The poller for the next listener: each in turn; one that is dead only where all are.</summary>
    public CompletionPoller ChooseForListener()
    {
        CompletionPoller poller;
        var left = _threads.Length;
        do
        {
            poller = _threads[(uint)Interlocked.Increment(ref _nextListener) % (uint)_threads.Length].Poller;
        }
        while (poller.IsDead && --left > 0);

        return poller;
    }

    /// <summary>The poller with the fewest connections, for the next one; one that has failed only where all have.</summary>
    public CompletionPoller ChooseForConnection()
    {
        var fewest = _threads[0].Poller;
        for (var i = 1; i < _threads.Length; i++)
        {
            var poller = _threads[i].Poller;
            if (!poller.IsLost && (fewest.IsLost || poller.Connections < fewest.Connections))
            {
                fewest = poller;
            }
        }

        return fewest;
    }

    /// <summary>Closes a socket that no poller took.</summary>
    public void Discard(AcceptedSocket socket) => _io.Discard(socket);

    /// <summary>
    /// Ends all connections, and after the last completion the pollers, and after them the memory. Where application code holds a
    /// poller, that goes on after the task has completed, and until then nothing of it is released.
    /// </summary>
    public async Task StopAsync()
    {
        _scheduling.OnStopping();
        var stopped = EndAsync(Task.WhenAll(_threads.Select(static thread => thread.StopAsync(s_drainTimeout))));
        if (await CompletesUnlessHeldAsync(stopped))
        {
            return;
        }

        foreach (var thread in _threads)
        {
            if (!thread.HasEnded)
            {
                thread.OnHeld();
                RioLog.StopPostponed(_logger, thread.Poller.Index, thread.Poller.Connections);
            }
        }
    }

    /// <summary>Waits for the end of the stop. False as soon as application code holds a poller.</summary>
    private async Task<bool> CompletesUnlessHeldAsync(Task stopped)
    {
        var start = Stopwatch.GetTimestamp();
        while (!await stopped.CompletesWithinAsync(s_answerInterval))
        {
            if (Stopwatch.GetElapsedTime(start) > s_drainTimeout + (2 * s_holdTimeout) || !await AnswerAsync())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>False when a poller does not execute an item in time because application code holds it.</summary>
    private async Task<bool> AnswerAsync()
    {
        var calls = Array.ConvertAll(_threads, static thread => new CallWatch(thread.Poller));
        var answers = Task.WhenAll(_threads.Select(static thread => thread.AnswerAsync()));
        if (await answers.CompletesWithinAsync(s_holdTimeout / 2))
        {
            return true;
        }

        // The wake-up may have been lost.
        ForEachPoller(static poller => poller.WakeForMailbox());
        return await answers.CompletesWithinAsync(s_holdTimeout / 2) || !Array.Exists(calls, static call => call.IsSameCall);
    }

    /// <summary>What follows the end of the pollers.</summary>
    private async Task EndAsync(Task<bool[]> pollers)
    {
        var drained = await pollers;

        // Not before: the wake-up for the stop may be lost, too.
        await _upkeepTimer.DisposeAsync();
        await _scheduling.StopAsync(s_holdTimeout);
        Metrics?.Dispose();
        if (Array.TrueForAll(drained, static all => all))
        {
            // The application may have blocks for longer than that; what they are registered with outlives them.
            MemoryPool.Emptied = _io.Dispose;
            MemoryPool.Dispose();
            RioLog.Stopped(_logger, _io.Name);
        }

        await Measurements.FlushAsync(s_holdTimeout);
    }

    /// <summary>Starts as many as the machine gives threads for, if it gives one.</summary>
    /// <exception cref="PlatformNotSupportedException">The machine gives no thread.</exception>
    private int StartPollers()
    {
        for (var i = 0; i < _threads.Length; i++)
        {
            try
            {
                _threads[i].Start();
            }
            catch (InvalidOperationException e) when (i > 0)
            {
                RioLog.FewerPollers(_logger, i, _threads.Length, e.Message);
                return i;
            }
            catch (InvalidOperationException e)
            {
                throw new PlatformNotSupportedException(e.Message, e);
            }
        }

        return _threads.Length;
    }

    /// <summary>As many as were asked for, or as the machine gives, if it gives one.</summary>
    private List<CompletionQueue> CreateCompletionQueues(int count)
    {
        var completionQueues = new List<CompletionQueue>(count);
        while (completionQueues.Count < count)
        {
            try
            {
                completionQueues.Add(_io.CreateCompletionQueue(InitialQueueCapacity));
            }
            catch (CompletionQueueUnavailableException e) when (completionQueues.Count > 0 && e.IsShortOfMemory)
            {
                RioLog.FewerPollers(_logger, completionQueues.Count, count, e.Message);
                break;
            }
            catch
            {
                // Not the last descriptor, for one: a process without any can do nothing with the pollers it has.
                completionQueues.ForEach(static completionQueue => completionQueue.Dispose());
                throw;
            }
        }

        return completionQueues;
    }

    /// <summary>
    /// Where only registered memory will do, the first of it is asked for here, before there is a poller that would die of
    /// the answer.
    /// </summary>
    private void EnsureMemory()
    {
        if (_io.Capabilities.AcceptsUnregisteredBuffers)
        {
            return;
        }

        try
        {
            MemoryPool.Rent().Dispose();
        }
        catch (InvalidOperationException e)
        {
            throw new PlatformNotSupportedException(e.Message, e);
        }
    }

    /// <summary>
    /// Also where each block is a registration of its own and holds only one slice. The pipe does not hold a slice, and a pipe returns
    /// nothing before the application has ended.
    /// </summary>
    private ParkingSlices? CreateParking(RioTransportOptions options)
        => _io.Capabilities.CanWaitForData
            ? null
            : new ParkingSlices(MemoryPool, options.IdleReceiveSize, options.RegistrationGranularity);

    private void KeepUp()
    {
        try
        {
            KeepUpOnce();
        }
        catch (Exception e)
        {
            // What a timer throws ends the process.
            RioLog.UpkeepFailed(_logger, e);
        }
    }

    private void KeepUpOnce()
    {
        ForEachPoller(static poller => poller.WakeForMailbox());
        ForEachPoller(static poller => poller.Starved.RelieveOne());
        ForEachPoller(static poller => poller.Runner.RunUpkeep());
        var turn = Interlocked.Increment(ref _reports) % ReportsPerTrim;
        if (turn == 0)
        {
            MemoryPool.Trim();
            return;
        }

        ReportMemory();
        if (turn == ReportsPerTrim - 1 && MemoryPool.Counts.SlabCount > 1)
        {
            ForEachPoller(static poller => poller.Spare.BeforeTrim());
        }
    }

    private void ReportMemory() => Measurements.Add(MemoryPool.Report.Publish);

    private void ForEachPoller(Action<CompletionPoller> action)
    {
        foreach (var thread in _threads)
        {
            action(thread.Poller);
        }
    }
}
