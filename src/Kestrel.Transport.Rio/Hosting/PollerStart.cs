using System.Diagnostics.Metrics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Hosting;

/// <summary>Starts the pollers of a host as its options say.</summary>
internal static class PollerStart
{
    /// <param name="io">The provider.</param>
    /// <param name="options">The options.</param>
    /// <param name="meterFactory">Makes the meters, or null for none.</param>
    /// <param name="logger">The log.</param>
    /// <param name="startThread">Starts a thread; null for the system's way.</param>
    /// <exception cref="PlatformNotSupportedException">
    /// The machine does not give a single completion queue, no thread, or no memory that the provider can work with.
    /// </exception>
    public static PollerGroup Start(
        RegisteredIo io, RioTransportOptions options, IMeterFactory? meterFactory, ILogger logger, Action<Thread>? startThread = null)
    {
        var group = new PollerGroup(io, options, CreateScheduling(io, options, logger, startThread), meterFactory, logger, startThread);
        group.Metrics = meterFactory is null ? null : new RioMetrics(meterFactory, group, logger);
        if (RegisteredIoProvider.IsExperimental)
        {
            RioLog.Experimental(logger);
        }

        return group;
    }

    private static WorkScheduling CreateScheduling(RegisteredIo io, RioTransportOptions options, ILogger logger, Action<Thread>? startThread)
        => options.ApplicationScheduling switch
        {
            ApplicationScheduling.Inline => new PlainScheduling(static poller => new InlineRunner(poller)),
            ApplicationScheduling.ThreadPool => new PlainScheduling(static poller => new ThreadPoolRunner(poller)),
            _ => new AdaptiveScheduling(io, options.HandOverThreshold, options.MaxPollerThreads, logger, startThread),
        };
}
