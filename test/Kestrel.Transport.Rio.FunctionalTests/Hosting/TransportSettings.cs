namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>The options that every engine has, with the defaults that both document.</summary>
public sealed class TransportSettings
{
    public int Backlog { get; set; } = 512;

    public bool NoDelay { get; set; } = true;

    public bool FinOnError { get; set; }

    public long? MaxReadBufferSize { get; set; } = 1024 * 1024;

    public long? MaxWriteBufferSize { get; set; } = 64 * 1024;

    public bool WaitForDataBeforeAllocatingBuffer { get; set; } = true;

    /// <summary>
    /// Kernel buffers of the accepted sockets, which inherit them from the listener. Without a fixed size the kernel tunes
    /// them up to megabytes, and no bound on what is under way can be stated.
    /// </summary>
    public int? KernelBufferSize { get; set; }

    /// <summary>Makes the listening sockets; null for what the engine makes by default.</summary>
    public Func<EndPoint, Socket>? CreateBoundListenSocket { get; set; }

    public Socket ConfigureListenSocket(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        if (KernelBufferSize is { } size)
        {
            socket.ReceiveBufferSize = size;
            socket.SendBufferSize = size;
        }

        return socket;
    }
}
