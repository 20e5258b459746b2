using System.IO.Pipelines;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Polling;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>What all connections of an endpoint on one poller have in common.</summary>
internal sealed class ConnectionSettings
{
    private (ApplicationScheduler Scheduler, PipeOptions Input, PipeOptions Output)? _last;
    private readonly bool _runsOnPoller;
    private readonly long? _maxReadBufferSize;
    private readonly long? _maxWriteBufferSize;

    public ConnectionSettings(RioTransportOptions options, CompletionPoller poller, ILogger logger)
    {
        Poller = poller;
        Logger = logger;
        FinOnError = options.FinOnError;
        WaitForData = options.WaitForDataBeforeAllocatingBuffer;

        _maxReadBufferSize = options.MaxReadBufferSize;
        _maxWriteBufferSize = options.MaxWriteBufferSize;
        _runsOnPoller = options.ApplicationScheduling != ApplicationScheduling.ThreadPool;
    }

    public CompletionPoller Poller { get; }

    public ILogger Logger { get; }

    public bool FinOnError { get; }

    public bool WaitForData { get; }

    /// <summary>
    /// How many bytes are received at a time while bulk data come; 0 where <see cref="RioTransportOptions.MaxReadBufferSize"/> is so
    /// low that it would be overrun by more than a block or two.
    /// </summary>
    public int MaxBulkReceive => _maxReadBufferSize is null or 0 or >= 4 * BulkBuffers.Size ? BulkBuffers.Size : 0;

    /// <summary>Only tests have one.</summary>
    public IStateObserver? StateObserver { get; init; }

    /// <summary>
    /// Makes the pipes of a connection, whose options say where its application code runs; the application's ends of them; and the
    /// scheduler of its application code.
    /// </summary>
    public (Pipe Input, Pipe Output, PipePair Application, ApplicationScheduler Scheduler) CreatePipes(string connectionId)
    {
        var scheduler = Poller.Runner.CreateScheduler(connectionId);
        var options = PipesWith(scheduler);
        var input = new Pipe(options.Input);
        var output = new Pipe(options.Output);
        var reader = _runsOnPoller ? new PollerReader(input.Reader, Poller, scheduler) : input.Reader;
        return (input, output, new PipePair(reader, output.Writer), scheduler);
    }

    /// <summary>The same options again where all connections have the same scheduler.</summary>
    private (ApplicationScheduler Scheduler, PipeOptions Input, PipeOptions Output) PipesWith(ApplicationScheduler application)
    {
        if (_last is not { } last || last.Scheduler != application)
        {
            last = (application,
                CreatePipeOptions(readers: application, writers: PipeScheduler.Inline, _maxReadBufferSize),
                CreatePipeOptions(readers: PipeScheduler.Inline, writers: application, _maxWriteBufferSize));
            _last = last;
        }

        return last;
    }

    // The transport's own ends are Inline: their continuations post to the poller, and send bulk data at most. 0 is "no limit" to Pipe and to us.
    private PipeOptions CreatePipeOptions(PipeScheduler readers, PipeScheduler writers, long? limit)
        => new(Poller.MemoryPool, readers, writers, limit ?? 0, (limit ?? 0) / 2, useSynchronizationContext: false);
}
