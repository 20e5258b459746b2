using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Kestrel.Transport.Rio.SoakTests.Server;

/// <summary>
/// The connections that Kestrel has not done with, and what they do: what waits for ever would otherwise be seen when it has been
/// collected, if at all, and nobody could say of what kind it was.
/// </summary>
internal sealed class LiveConnections
{
    private readonly ConcurrentDictionary<string, LiveConnection> _all = new(StringComparer.Ordinal);

    public void WatchEndPoint(ListenOptions listen, string name) => listen.Use(next => connection => WatchAsync(next, connection, name));

    public async Task WatchRequestAsync(HttpContext context, RequestDelegate next)
    {
        using var request = _all.TryGetValue(context.Connection.Id, out var connection) ? connection.Begin(context.Request.Path) : null;
        await next(context);
    }

    /// <summary>Those that are there, in words.</summary>
    public IReadOnlyList<string> Describe() => [.. _all.Select(static live => $"connection {live.Key} {live.Value}")];

    /// <summary>Forgets those of which nothing can be expected any more, and gives their number.</summary>
    public int ForgetLostByKestrel()
        => _all.Where(static live => live.Value.IsLostByKestrel).Count(lost => _all.TryRemove(lost.Key, out _));

    private async Task WatchAsync(ConnectionDelegate next, ConnectionContext connection, string endPoint)
    {
        _all[connection.ConnectionId] = new LiveConnection(endPoint, connection);
        try
        {
            await next(connection);
        }
        finally
        {
            _all.TryRemove(connection.ConnectionId, out _);
        }
    }
}
