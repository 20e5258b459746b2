using LoadDriver.Machine;

namespace LoadDriver.Servers;

/// <summary>A running server.</summary>
internal abstract class Server(Row row, ServerShape shape, ChildProcess process, int port) : IAsyncDisposable
{
    public Row Row { get; } = row;

    public ServerShape Shape { get; } = shape;

    public int Port { get; } = port;

    public int ProcessId { get; } = process.Id;

    /// <summary>Where load for it runs.</summary>
    public Pinning LoadPinning => Shape.SharesCores ? Pinning.None : Pinning.LoadCore;

    protected ChildProcess Process { get; } = process;

    public static Task<Server> StartAsync(Row row, ServerShape shape, CancellationToken ended) => row.Kind switch
    {
        RowKind.Nginx => NginxServer.StartAsync(row, shape, ended),
        RowKind.Floor => FloorServer.StartAsync(row, shape, ended),
        _ => PlatformServer.StartAsync(row, shape, ended),
    };

    public string Url(string path) =>
        $"{(Shape.Protocol == ServerProtocol.Https ? "https" : "http")}://127.0.0.1:{Port}{path}";

    /// <summary>What it tells about itself; null when it is not ours.</summary>
    public virtual Task<ServerFigures?> ReadFiguresAsync(CancellationToken ended) => Task.FromResult<ServerFigures?>(null);

    /// <summary>Lets go of memory that is not in use, as far as it can be asked to.</summary>
    public virtual Task CollectAsync(CancellationToken ended) => Task.CompletedTask;

    public virtual async ValueTask DisposeAsync()
    {
        await Process.EndAsync();
        await Process.DisposeAsync();
    }

    protected static Pinning ServerPinning(ServerShape shape) => shape.SharesCores ? Pinning.None : Pinning.ServerCore;
}
