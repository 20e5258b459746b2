using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>A socket on its way from the poller that accepted it to the one that will own it.</summary>
internal sealed class ConnectionArrival(RioConnectionListener listener, CompletionPoller poller, AcceptedSocket socket) : MailboxItem
{
    public override void Execute() => listener.Open(poller, socket);
}
