using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Polling;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>What the adaptive pollers of a host share: the threads that run them, and the monitor that replaces stalled ones.</summary>
internal sealed class AdaptiveScheduling : WorkScheduling
{
    private readonly RegisteredIo _io;
    private readonly int _maxThreads;
    private readonly ILogger _logger;
    private readonly Action<Thread>? _startThread;
    private readonly PollerThreadPool _threads;
    private readonly StallMonitor _monitor;

    /// <param name="io">Tells about threads.</param>
    /// <param name="threshold">How long application code may hold a poller.</param>
    /// <param name="maxThreads">How many threads a poller may have.</param>
    /// <param name="logger">The log.</param>
    /// <param name="startThread">Starts a thread; null for the system's way.</param>
    public AdaptiveScheduling(RegisteredIo io, TimeSpan threshold, int maxThreads, ILogger logger, Action<Thread>? startThread)
    {
        _io = io;
        _maxThreads = maxThreads;
        _logger = logger;
        _startThread = startThread;
        _threads = new PollerThreadPool(io.Capabilities.KeepsRequestsOfEndedThreads, io.ObserveCurrentThread, startThread);
        _monitor = new StallMonitor(_threads, threshold, logger, io.CreateAlarm());
    }

    public override IThreadSource Threads => _threads;

    public override int ThreadCount => _threads.Threads;

    public override int WaitingWork => _monitor.WaitingWork;

    public override IWorkRunner CreateRunner(CompletionPoller poller)
        => new AdaptiveRunner(poller, _monitor, _threads, _maxThreads, _io.ReadThreadTimes, _logger);

    public override void Start(IReadOnlyList<PollerThread> pollers)
    {
        foreach (var poller in pollers)
        {
            _monitor.Add(poller);
        }

        try
        {
            _monitor.Start(_startThread);
        }
        catch (OutOfMemoryException e)
        {
            // Without it a blocking handler would stall its poller.
            throw new PlatformNotSupportedException("The machine gives no thread for the monitor of stalled pollers.", e);
        }
    }

    public override void OnStarted() => _threads.AddStandBy();

    public override void OnStopping() => _monitor.ReleaseComputing();

    public override async Task StopAsync(TimeSpan timeout)
    {
        _monitor.Dispose();

        // They have blocks in their caches. Threads that application code blocks for longer than the timeout return them later.
        await _threads.StopAsync(timeout);
    }

    public override void Dispose() => _monitor.Dispose();
}
