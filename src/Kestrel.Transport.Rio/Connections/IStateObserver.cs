namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// Sees every transition of a connection's three states. For the tests, which hold them against the tables; production has
/// none. Called by the poller's thread, unless a member says otherwise.
/// </summary>
internal interface IStateObserver
{
    void OnConnection(RioConnection connection, ConnectionState from, ConnectionState to);

    void OnInbound(RioConnection connection, InboundState from, InboundState to);

    void OnOutbound(RioConnection connection, OutboundState from, OutboundState to);

    /// <summary>The application is about to be told of the end of its input. The thread pool's thread.</summary>
    void OnInputEnding(RioConnection connection);
}
