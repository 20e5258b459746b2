using System.IO.Pipelines;
using Kestrel.Transport.Rio.Polling;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>What all connections of an endpoint on one poller have in common.</summary>
internal sealed class ConnectionSettings
{
    public ConnectionSettings(RioTransportOptions options, CompletionPoller poller, ILogger logger)
    {
        Poller = poller;
        Logger = logger;
        FinOnError = options.FinOnError;
        WaitForData = options.WaitForDataBeforeAllocatingBuffer;

        PipeScheduler application = options.ApplicationScheduling == ApplicationScheduling.Inline
            ? poller.Inline
            : poller.ThreadPoolBatches;
        Input = CreatePipeOptions(readers: application, writers: PipeScheduler.Inline, options.MaxReadBufferSize);
        Output = CreatePipeOptions(readers: PipeScheduler.Inline, writers: application, options.MaxWriteBufferSize);
    }

    public CompletionPoller Poller { get; }

    public ILogger Logger { get; }

    public bool FinOnError { get; }

    public bool WaitForData { get; }

    /// <summary>Only tests have one.</summary>
    public IStateObserver? StateObserver { get; init; }

    public PipeOptions Input { get; }

    public PipeOptions Output { get; }

    // The transport's own ends are Inline: their continuations only post to the poller. 0 is "no limit" to Pipe and to us.
    private PipeOptions CreatePipeOptions(PipeScheduler readers, PipeScheduler writers, long? limit)
        => new(Poller.MemoryPool, readers, writers, limit ?? 0, (limit ?? 0) / 2, useSynchronizationContext: false);
}
