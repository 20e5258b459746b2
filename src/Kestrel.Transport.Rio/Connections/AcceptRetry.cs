using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>Brings an accept loop back to its poller after a delay.</summary>
internal sealed class AcceptRetry : MailboxItem, IDisposable
{
    private readonly AcceptLoop _loop;
    private readonly Timer _timer;

    public AcceptRetry(AcceptLoop loop, CompletionPoller poller)
    {
        _loop = loop;
        _timer = new Timer(_ => poller.Post(this));
    }

    public void Start(TimeSpan delay) => _timer.Change(delay, Timeout.InfiniteTimeSpan);

    public override void Execute() => _loop.Retry();

    public void Dispose() => _timer.Dispose();
}
