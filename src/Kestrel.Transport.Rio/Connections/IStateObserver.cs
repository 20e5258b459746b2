namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// Sees every transition of a connection's three states. For the tests, which hold them against the tables; production has
/// none. Called by the poller's thread.
/// </summary>
internal interface IStateObserver
{
    void OnConnection(RioConnection connection, ConnectionState from, ConnectionState to);

    void OnInbound(RioConnection connection, InboundState from, InboundState to);

    void OnOutbound(RioConnection connection, OutboundState from, OutboundState to);
}
