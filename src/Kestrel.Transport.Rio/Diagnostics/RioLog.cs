using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Diagnostics;

/// <summary>
/// The transport's log, category <c>Kestrel.Transport.Rio</c>. The events that Kestrel's Sockets transport has too carry its
/// ids and names, which tools know.
/// </summary>
internal static partial class RioLog
{
    public const string Category = "Kestrel.Transport.Rio";

    [LoggerMessage(4, LogLevel.Debug, @"Connection id ""{ConnectionId}"" paused.", EventName = "ConnectionPause")]
    public static partial void ConnectionPause(ILogger logger, string connectionId);

    [LoggerMessage(5, LogLevel.Debug, @"Connection id ""{ConnectionId}"" resumed.", EventName = "ConnectionResume")]
    public static partial void ConnectionResume(ILogger logger, string connectionId);

    [LoggerMessage(6, LogLevel.Debug, @"Connection id ""{ConnectionId}"" received FIN.", EventName = "ConnectionReadFin")]
    public static partial void ConnectionReadFin(ILogger logger, string connectionId);

    [LoggerMessage(7, LogLevel.Debug, @"Connection id ""{ConnectionId}"" sending FIN because: ""{Reason}""", EventName = "ConnectionWriteFin")]
    public static partial void ConnectionWriteFin(ILogger logger, string connectionId, string reason);

    [LoggerMessage(8, LogLevel.Debug, @"Connection id ""{ConnectionId}"" sending RST because: ""{Reason}""", EventName = "ConnectionWriteRst")]
    public static partial void ConnectionWriteRst(ILogger logger, string connectionId, string reason);

    [LoggerMessage(14, LogLevel.Debug, @"Connection id ""{ConnectionId}"" communication error.", EventName = "ConnectionError")]
    public static partial void ConnectionError(ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(19, LogLevel.Debug, @"Connection id ""{ConnectionId}"" reset.", EventName = "ConnectionReset")]
    public static partial void ConnectionReset(ILogger logger, string connectionId);

    [LoggerMessage(101, LogLevel.Information, "Serving on {Provider} with {Pollers} pollers.", EventName = "Started")]
    public static partial void Started(ILogger logger, string provider, int pollers);

    [LoggerMessage(131, LogLevel.Information, "Registered I/O on Windows is experimental. It has been tested against the documented ABI and an emulation, and not on Windows itself. docs/windows.md says how to confirm it, and KESTREL_RIO=off in the environment has Kestrel's Sockets transport serve.", EventName = "Experimental")]
    public static partial void Experimental(ILogger logger);

    [LoggerMessage(102, LogLevel.Debug, "Everything on {Provider} has drained.", EventName = "Stopped")]
    public static partial void Stopped(ILogger logger, string provider);

    [LoggerMessage(103, LogLevel.Warning, "Registered I/O is not available, so Kestrel's Sockets transport serves in its place. {Reason}", EventName = "FallbackToSockets")]
    public static partial void FallbackToSockets(ILogger logger, string reason);

    [LoggerMessage(104, LogLevel.Warning, "Connections to {EndPoint} cannot be accepted for now ({Error}); they wait, and it is tried again.", EventName = "AcceptPostponed")]
    public static partial void AcceptPostponed(ILogger logger, string endPoint, string error);

    [LoggerMessage(105, LogLevel.Debug, "A connection to {EndPoint} ended before it was accepted ({Error}).", EventName = "AcceptAborted")]
    public static partial void AcceptAborted(ILogger logger, string endPoint, string error);

    [LoggerMessage(130, LogLevel.Debug, "Accepting on {EndPoint} pauses: Kestrel has not taken up {Bound} accepted connections.", EventName = "AcceptPaused")]
    public static partial void AcceptPaused(ILogger logger, string endPoint, int bound);

    [LoggerMessage(106, LogLevel.Warning, "A connection to {EndPoint} was refused: {Reason}", EventName = "ConnectionRefused")]
    public static partial void ConnectionRefused(ILogger logger, string endPoint, string reason);

    [LoggerMessage(107, LogLevel.Error, "A completion came for a connection that is gone (context {SocketContext}).", EventName = "UnknownCompletion")]
    public static partial void UnknownCompletion(ILogger logger, ulong socketContext);

    [LoggerMessage(108, LogLevel.Critical, "Poller {Poller} died.", EventName = "PollerDied")]
    public static partial void PollerDied(ILogger logger, Exception exception, int poller);

    [LoggerMessage(116, LogLevel.Error, "What ends on poller {Poller}, which has died, has failed too.", EventName = "DeadPollerFailed")]
    public static partial void DeadPollerFailed(ILogger logger, Exception exception, int poller);

    [LoggerMessage(117, LogLevel.Critical, "{EndPoint} accepts no more connections: {Reason}", EventName = "AcceptsEnded")]
    public static partial void AcceptsEnded(ILogger logger, string endPoint, string reason);

    [LoggerMessage(109, LogLevel.Error, "Poller {Poller} did not drain in time: {Connections} connections, {Outstanding} requests outstanding. Its memory is kept, registered.", EventName = "DrainTimedOut")]
    public static partial void DrainTimedOut(ILogger logger, int poller, int connections, int outstanding);

    [LoggerMessage(110, LogLevel.Error, @"Unexpected exception on connection id ""{ConnectionId}"".", EventName = "ConnectionFailed")]
    public static partial void ConnectionFailed(ILogger logger, Exception exception, string connectionId);

    [LoggerMessage(112, LogLevel.Critical, "Poller {Poller} failed: {Reason} Connections that end: {Connections}. Buffers that are kept for good, since the kernel may use them: {LostBuffers}.", EventName = "CompletionQueueFailed")]
    public static partial void CompletionQueueFailed(ILogger logger, int poller, string reason, int connections, int lostBuffers);

    [LoggerMessage(111, LogLevel.Warning, "The machine gives {Pollers} of {Wanted} pollers. {Reason}", EventName = "FewerPollers")]
    public static partial void FewerPollers(ILogger logger, int pollers, int wanted, string reason);

    [LoggerMessage(113, LogLevel.Debug, @"Poller {Poller} was taken over by another thread: application code of connection id ""{ConnectionId}"" has kept it for {Threshold} ms or longer.", EventName = "HandedOver")]
    public static partial void HandedOver(ILogger logger, int poller, string connectionId, double threshold);

    [LoggerMessage(EventId = 114, EventName = "FellBackToPool", Message = "Application code keeps poller {Poller} so often that that of slow and of new connections, or all, runs on the thread pool for now. Where most requests block, ApplicationScheduling.ThreadPool serves better.")]
    public static partial void FellBackToPool(ILogger logger, LogLevel level, int poller);

    [LoggerMessage(121, LogLevel.Warning, "{Lines} lines of this log are missing here: the log sinks were slower than the transport logged.", EventName = "LinesDropped")]
    public static partial void LinesDropped(ILogger logger, int lines);

    [LoggerMessage(122, LogLevel.Warning, "The transport has stopped, but application code still holds poller {Poller} with {Connections} connections. The poller ends, and its memory is released, when that code returns.", EventName = "StopPostponed")]
    public static partial void StopPostponed(ILogger logger, int poller, int connections);

    [LoggerMessage(123, LogLevel.Warning, "The listening socket of {EndPoint} is not closed yet, because application code holds the poller that accepts on it. The socket is closed when that code returns.", EventName = "UnbindPostponed")]
    public static partial void UnbindPostponed(ILogger logger, string endPoint);

    [LoggerMessage(124, LogLevel.Error, "The monitor of stalled pollers has failed. It goes on.", EventName = "WatchFailed")]
    public static partial void WatchFailed(ILogger logger, Exception exception);

    [LoggerMessage(125, LogLevel.Error, "The periodic upkeep of pollers and memory has failed. It is tried again in a second.", EventName = "UpkeepFailed")]
    public static partial void UpkeepFailed(ILogger logger, Exception exception);

    [LoggerMessage(126, LogLevel.Error, "Some of the metrics of {Meter} are missing: a listener has failed.", EventName = "MetricsFailed")]
    public static partial void MetricsFailed(ILogger logger, Exception exception, string meter);

    [LoggerMessage(115, LogLevel.Debug, "Poller {Poller} runs application code itself again.", EventName = "LeftPool")]
    public static partial void LeftPool(ILogger logger, int poller);
}
