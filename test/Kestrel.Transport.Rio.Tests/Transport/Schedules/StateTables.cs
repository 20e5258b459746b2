using Kestrel.Transport.Rio.Connections;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>The tables of docs/architecture.md: every transition that there is, and what leads to it.</summary>
internal static class StateTables
{
    public static IReadOnlyDictionary<(ConnectionState From, ConnectionState To), string> Connection { get; } =
        new Dictionary<(ConnectionState From, ConnectionState To), string>
        {
            [(ConnectionState.Open, ConnectionState.Draining)] = "the socket is closed: output ended, a send failed, abort, or the poller stops",
            [(ConnectionState.Draining, ConnectionState.Released)] = "nothing is outstanding, inbound is completed and outbound ended",
        };

    public static IReadOnlyDictionary<(InboundState From, InboundState To), string> Inbound { get; } =
        new Dictionary<(InboundState From, InboundState To), string>
        {
            [(InboundState.Idle, InboundState.WaitingForData)] = "started; a wait is posted",
            [(InboundState.Idle, InboundState.Receiving)] = "started without waits; a receive is posted",
            [(InboundState.Idle, InboundState.Starved)] = "started without waits, and there is no registered memory",
            [(InboundState.WaitingForData, InboundState.Receiving)] = "there is data, a FIN or an error; a receive is posted",
            [(InboundState.WaitingForData, InboundState.Starved)] = "there is data, and no registered memory",
            [(InboundState.WaitingForData, InboundState.Ended)] = "the wait was refused or failed, or the socket is closed",
            [(InboundState.Receiving, InboundState.WaitingForData)] = "bytes received and taken by the pipe; a wait is posted",
            [(InboundState.Receiving, InboundState.Receiving)] = "bytes received and taken by the pipe; without waits the next receive is posted",
            [(InboundState.Receiving, InboundState.Starved)] = "bytes received and taken by the pipe; without waits, and there is no registered memory",
            [(InboundState.Receiving, InboundState.Paused)] = "bytes received, and the application has more unread than the limit",
            [(InboundState.Receiving, InboundState.Ended)] = "FIN, an error or a refusal, the application reads no more, or the socket is closed",
            [(InboundState.Starved, InboundState.Receiving)] = "there is memory again; a receive is posted",
            [(InboundState.Starved, InboundState.Starved)] = "tried again, and others were faster",
            [(InboundState.Starved, InboundState.Ended)] = "the socket is closed",
            [(InboundState.Paused, InboundState.WaitingForData)] = "the application has read; a wait is posted",
            [(InboundState.Paused, InboundState.Receiving)] = "the application has read; without waits a receive is posted",
            [(InboundState.Paused, InboundState.Starved)] = "the application has read; without waits, and there is no registered memory",
            [(InboundState.Paused, InboundState.Ended)] = "the application reads no more, or the socket is closed",
            [(InboundState.Ended, InboundState.Completed)] = "the thread pool has told the application",
        };

    /// <summary>Out of reach for a schedule, which is one thread's.</summary>
    public static IReadOnlyList<(OutboundState From, OutboundState To)> OutboundByOtherThreadsOnly { get; } =
        [(OutboundState.Sending, OutboundState.Starved)];

    public static IReadOnlyDictionary<(OutboundState From, OutboundState To), string> Outbound { get; } =
        new Dictionary<(OutboundState From, OutboundState To), string>
        {
            [(OutboundState.Idle, OutboundState.AwaitingOutput)] = "started; nothing is written yet",
            [(OutboundState.AwaitingOutput, OutboundState.Sending)] = "the application has flushed; sends are posted",
            [(OutboundState.AwaitingOutput, OutboundState.Ended)] = "the application has completed its output, the first send was refused, a writer that sent met an error, or the socket is closed",
            [(OutboundState.Sending, OutboundState.AwaitingOutput)] = "all sends have completed, and nothing more is written",
            [(OutboundState.Sending, OutboundState.Sending)] = "all sends have completed, and there is more",
            [(OutboundState.AwaitingOutput, OutboundState.Starved)] = "the application has flushed memory that has to be copied, and there is none to copy it into",
            [(OutboundState.Sending, OutboundState.Starved)] = "all sends have completed, the rest has to be copied, and another thread has taken the memory that came back",
            [(OutboundState.Starved, OutboundState.Sending)] = "there is memory again; sends are posted",
            [(OutboundState.Starved, OutboundState.Starved)] = "tried again, and others were faster",
            [(OutboundState.Starved, OutboundState.Ended)] = "the socket is closed, or the send was refused",
            [(OutboundState.Sending, OutboundState.Ended)] = "all sends have completed and the last is sent, one has failed or was refused, or the socket is closed",
        };
}
