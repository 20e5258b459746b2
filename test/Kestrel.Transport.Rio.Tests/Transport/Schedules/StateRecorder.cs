using Kestrel.Transport.Rio.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>Holds every transition against the tables, and notes which there were.</summary>
internal sealed class StateRecorder : IStateObserver
{
    private readonly Lock _lock = new();

    public HashSet<(ConnectionState From, ConnectionState To)> Connection { get; } = [];

    public HashSet<(InboundState From, InboundState To)> Inbound { get; } = [];

    public HashSet<(OutboundState From, OutboundState To)> Outbound { get; } = [];

    /// <summary>Transitions that no table has. Noted too, as a poller that swallows the exception must not hide them.</summary>
    public List<string> Forbidden { get; } = [];

    public Action<RioConnection>? InboundEnded { get; init; }

    /// <summary>On the thread pool.</summary>
    public Action<RioConnection>? InputEnding { get; init; }

    public Action<RioConnection>? SocketClosed { get; init; }

    public Action<RioConnection>? Released { get; init; }

    public void OnConnection(RioConnection connection, ConnectionState from, ConnectionState to)
    {
        Note(StateTables.Connection.Keys, Connection, (from, to));
        var happened = to == ConnectionState.Released ? Released : SocketClosed;
        happened?.Invoke(connection);
    }

    public void OnInbound(RioConnection connection, InboundState from, InboundState to)
    {
        Note(StateTables.Inbound.Keys, Inbound, (from, to));
        if (to == InboundState.Ended)
        {
            InboundEnded?.Invoke(connection);
        }
    }

    public void OnOutbound(RioConnection connection, OutboundState from, OutboundState to)
        => Note(StateTables.Outbound.Keys, Outbound, (from, to));

    public void OnInputEnding(RioConnection connection) => InputEnding?.Invoke(connection);

    public void AssertAllAllowed() => Assert.Empty(Forbidden);

    private void Note<T>(IEnumerable<(T From, T To)> table, HashSet<(T From, T To)> seen, (T From, T To) transition)
    {
        lock (_lock)
        {
            seen.Add(transition);
            if (!table.Contains(transition))
            {
                Forbidden.Add($"{typeof(T).Name}: {transition.From} to {transition.To}");
            }
        }
    }
}
