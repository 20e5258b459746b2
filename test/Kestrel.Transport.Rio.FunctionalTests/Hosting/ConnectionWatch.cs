using System.Collections.Concurrent;
using System.Threading.Channels;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>Connection middleware next to the transport that hands each accepted connection to the test.</summary>
public sealed class ConnectionWatch
{
    private readonly Channel<WatchedConnection> _accepted = Channel.CreateUnbounded<WatchedConnection>();
    private readonly ConcurrentBag<string> _ids = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public IReadOnlyCollection<string> Ids => _ids;

    public ConnectionDelegate Middleware(ConnectionDelegate next) => async context =>
    {
        var connection = new WatchedConnection(context);
        Interlocked.Increment(ref _count);
        _ids.Add(context.ConnectionId);
        _accepted.Writer.TryWrite(connection);
        try
        {
            await next(context);
        }
        finally
        {
            connection.Finished.Set();
        }
    };

    /// <summary>The next accepted connection, in the order of acceptance.</summary>
    public ValueTask<WatchedConnection> NextAsync(CancellationToken deadline) => _accepted.Reader.ReadAsync(deadline);
}
