namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>One connection as its transport made it, and how often its token has fired.</summary>
public sealed class WatchedConnection
{
    private readonly Signal _closed = new();
    private int _closedCount;

    public WatchedConnection(ConnectionContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        Context = context;
        context.ConnectionClosed.Register(() =>
        {
            Interlocked.Increment(ref _closedCount);
            _closed.Set();
        });
    }

    public ConnectionContext Context { get; }

    /// <summary>Completes when <see cref="ConnectionContext.ConnectionClosed"/> fires.</summary>
    public Task Closed => _closed.Task;

    public int ClosedCount => Volatile.Read(ref _closedCount);

    /// <summary>Completes when everything above the transport has let go of the connection.</summary>
    public Signal Finished { get; } = new();
}
