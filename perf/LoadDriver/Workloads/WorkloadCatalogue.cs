using Kestrel.Transport.Rio;
using LoadDriver.Loads;
using LoadDriver.Measuring;
using LoadDriver.Servers;

namespace LoadDriver.Workloads;

/// <summary>All workloads, in the order in which they are run and reported.</summary>
internal static class WorkloadCatalogue
{
    public const string PlaintextDepth1 = "plaintext-d1-c64";
    public const string PlaintextDepth16 = "plaintext-d16-c64";
    public const string PlaintextDepth16Wide = "plaintext-d16-c256";
    public const string Lone = "lone";
    public const string FixedRate = "rate-c256";
    public const string Json64 = "json-c64";
    public const string Json256 = "json-c256";
    public const string Json512 = "json-c512";
    public const string Async = "async-c64";
    public const string Blocking = "blocking-c64";
    public const string SharedCores = "shared-c256";
    public const string SharedLone = "shared-lone";
    public const string Http2 = "http2-c64-m16";
    public const string Https = "https-c64";
    public const string Close = "close-c64";
    public const string Download = "download-1m";
    public const string Upload = "upload-1m";
    public const string Idle = "idle-10000";
    public const string Echo = "echo-c64";
    public const string BesideBlocking = "beside-blocking";
    public const string BesideSpinning = "beside-spinning";
    public const string BesideSleeping = "beside-sleeping";

    private const int Mebi = 1024 * 1024;
    private const string Plaintext = "/plaintext";

    // More than there is room for in the backlog: some of them try again after one and after three seconds.
    private const int ConnectedAtOnce = 2000;

    private static readonly TimeSpan s_manyConnections = TimeSpan.FromSeconds(8);

    private static readonly ServerShape s_shared = new(ServerProtocol.Http1, SharesCores: true);

    /// <summary>The same work for more and more connections, the fewest first; with how many they are.</summary>
    public static IReadOnlyList<(int Connections, string Workload)> Scale { get; } =
        [(64, "scale-c64"), (256, "scale-c256"), (1024, "scale-c1024"), (4096, "scale-c4096"), (10000, "scale-c10000")];

    public static IReadOnlyList<Workload> All { get; } =
    [
        new LoadWorkload(PlaintextDepth1, "plaintext, depth 1, 64 connections", "plaintext", new WrkLoad(Plaintext, 64))
        {
            Includes = static _ => true,
            Quick = true,
        },
        new LoadWorkload(
            PlaintextDepth16, "plaintext, depth 16, 64 connections", "plaintext", new WrkLoad(Plaintext, 64) { Depth = 16 })
        {
            Includes = static _ => true,
            Quick = true,
        },
        new LoadWorkload(
            PlaintextDepth16Wide, "plaintext, depth 16, 256 connections", "plaintext", new WrkLoad(Plaintext, 256) { Depth = 16 })
        {
            Includes = static _ => true,
        },
        new LoadWorkload(Lone, "plaintext, one connection", "plaintext", new WrkLoad(Plaintext, 1))
        {
            Includes = static _ => true,
            Judged = Figure.P50,
            Quick = true,
        },
        new LoadWorkload(
            FixedRate, "plaintext at 50 % of Sockets' maximum, 256 connections", "plaintext", new FixedRateLoad(Plaintext, 256, 0.5))
        {
            Judged = Figure.P99,
            Quick = true,
        },
        .. Scale.Select(static step => new LoadWorkload(
            step.Workload, $"plaintext, depth 1, {step.Connections} connections, all active", "plaintext", new WrkLoad(Plaintext, step.Connections))
        {
            Includes = static row => row.IsKestrel && row != Row.SocketsInline,
            Judged = Figure.RequestsPerSecond,
            AtLeast = step.Connections > ConnectedAtOnce ? s_manyConnections : TimeSpan.Zero,
            CountsOnceConnected = true,
            CountSystemCalls = false,
        }),
        new LoadWorkload(Json64, "json, 64 connections", "json", new WrkLoad("/json", 64)) { Quick = true },
        new LoadWorkload(Json256, "json, 256 connections", "json", new WrkLoad("/json", 256)) { CountSystemCalls = false },
        new LoadWorkload(Json512, "json, 512 connections", "json", new WrkLoad("/json", 512)) { CountSystemCalls = false },
        new LoadWorkload(Async, "async, 64 connections", "async", new WrkLoad("/async", 64)) { Quick = true },
        new LoadWorkload(Blocking, "a request of 100 blocks for 5 ms, 64 connections", "blocking", new WrkLoad("/blocking", 64))
        {
            CountSystemCalls = false,
        },
        new LoadWorkload(SharedCores, "plaintext, both cores shared by load and server, 256 connections", "plaintext", new WrkLoad(Plaintext, 256))
        {
            Shape = s_shared,
            Judged = Figure.RequestsPerSecond,
            Quick = true,
        },
        new LoadWorkload(SharedLone, "plaintext, both cores shared, one connection", "plaintext", new WrkLoad(Plaintext, 1))
        {
            Shape = s_shared,
            Judged = Figure.P50,
            CountSystemCalls = false,
        },
        new LoadWorkload(Http2, "HTTP/2, 64 connections × 16 streams", "http2", new Http2Load(Plaintext, 64, 16))
        {
            Shape = new ServerShape(ServerProtocol.Http2),
        },
        new LoadWorkload(Https, "HTTPS plaintext, 64 connections", "https", new WrkLoad(Plaintext, 64))
        {
            Shape = new ServerShape(ServerProtocol.Https),
        },
        new LoadWorkload(Close, "connect, one request, close; 64 at a time", "close", new WrkLoad(Plaintext, 64) { Close = true })
        {
            Includes = static row => row.Kind != RowKind.Floor,
            Quick = true,
        },
        new LoadWorkload(Download, "download of 1 MiB bodies, 16 connections", "bulk", new WrkLoad($"/bytes/{Mebi}", 16)),
        new LoadWorkload(Upload, "upload of 1 MiB bodies, 16 connections", "bulk", new WrkLoad("/upload", 16) { UploadLength = Mebi }),
        new LoadWorkload(Echo, "raw TCP echo, 64 connections", "echo", new EchoLoad(64)),
        Beside(BesideBlocking, "plaintext, 64 connections, beside 16 whose handlers block for 50 ms", new WrkLoad("/block/50", 16)),
        Beside(BesideSpinning, "plaintext, 64 connections, beside 16 whose handlers compute for 50 ms", new WrkLoad("/spin/50", 16)),
        Beside(BesideSleeping, "plaintext, 64 connections, beside 32 whose handlers sleep for 10 s", new WrkLoad("/block/10000", 32)),
        new IdleWorkload(Idle, "10,000 idle connections after one request each", 10_000)
        {
            Includes = static row => row.Kind != RowKind.Floor,
            Judged = Figure.BytesPerConnection,
        },
    ];

    // A family each: what handlers do goes on when the load has ended.
    private static LoadWorkload Beside(string name, string title, Load beside)
        => new(name, title, name, new BesideLoad(new WrkLoad(Plaintext, 64), beside))
        {
            Includes = static row => row.IsKestrel && row != Row.SocketsInline && row.Scheduling != ApplicationScheduling.Inline,
            Judged = Figure.P99,
            CountSystemCalls = false,
            MayAnswerNothing = true,
        };
}
