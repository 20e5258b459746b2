using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Connections;

namespace Kestrel.Transport.Rio.SoakTests.Server;

/// <summary>A connection whose application has not ended, and its requests. It also keeps both from being collected.</summary>
internal sealed class LiveConnection(string endPoint, ConnectionContext connection)
{
    private readonly long _begun = Stopwatch.GetTimestamp();
    private readonly ConcurrentDictionary<OpenRequest, string> _open = new();
    private string _last = "none";

    /// <summary>
    /// Its transport is done, its handlers are, and Kestrel waits for something of its own: now and then it never ends a connection of HTTP/2
    /// that was reset, on Sockets too (dotnet/aspnetcore, issue 51307).
    /// </summary>
    public bool IsLostByKestrel => IsClosed && _open.IsEmpty && string.Equals(endPoint, SoakServer.Http2, StringComparison.Ordinal);

    private bool IsClosed => connection.ConnectionClosed.IsCancellationRequested;

    public IDisposable Begin(string path)
    {
        _last = path;
        var request = new OpenRequest(this);
        _open[request] = path;
        return request;
    }

    public override string ToString()
        => $"of {endPoint}, {Stopwatch.GetElapsedTime(_begun).TotalSeconds:F0} s old, {(IsClosed ? "closed" : "not closed")}, "
            + $"has not ended; in its handlers: [{string.Join(", ", _open.Values)}], its last: {_last}";

    private sealed class OpenRequest(LiveConnection connection) : IDisposable
    {
        public void Dispose() => connection._open.TryRemove(this, out _);
    }
}
