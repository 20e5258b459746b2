using System.Net.Sockets;

namespace Kestrel.Transport.Rio.Contract;

/// <summary>The managed socket of a connection, which reports that somebody has disposed it.</summary>
internal sealed class ConnectionSocket(SafeSocketHandle handle) : Socket(handle)
{
    private Action? _onDisposed;

    /// <summary>Runs once, on the thread that disposes the socket.</summary>
    public Action? OnDisposed
    {
        get => Volatile.Read(ref _onDisposed);
        set => Volatile.Write(ref _onDisposed, value);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing)
        {
            Interlocked.Exchange(ref _onDisposed, null)?.Invoke();
        }
    }
}
