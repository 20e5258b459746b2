using System.Diagnostics;
using Kestrel.Transport.Rio.SoakTests.Clients;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>What there is while nobody is connected; and that there is no more of it after all have left.</summary>
internal sealed class QuietPoint
{
    // Threads that stood by for ten seconds are dismissed, and a connection may take a moment.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(100);

    // What the streams of a connection may hold at the most when Kestrel never ends it: 16 of 64 KiB.
    private const int MaxBlocksOfLost = 256;
    private const string RentedBlocks = "rio.memory.blocks.rented";
    private const string RegisteredBytes = "rio.memory.registered";

    private static readonly string[] s_counted = [OpenDescriptors.Socket, "io_uring", "eventfd", "eventpoll", "timerfd"];

    private readonly SoakServer _server;
    private readonly HostFigures? _figures;
    private readonly (string Name, long Most)[] _expected;
    private readonly IReadOnlyDictionary<string, int> _descriptors;

    private QuietPoint(SoakServer server, HostFigures? figures)
    {
        _server = server;
        _figures = figures;
        _descriptors = OpenDescriptors.CountByKind();
        _expected = figures is null
            ? []
            :
            [
                ("rio.connections.active", 0),
                (RentedBlocks, figures.Read(RentedBlocks)),
                ("rio.requests.outstanding", figures.Read("rio.requests.outstanding")),
                ("rio.poller.threads", figures.Read("rio.poller.threads")),
            ];
    }

    /// <summary>Connections that Kestrel has never ended.</summary>
    public int LostConnections { get; private set; }

    /// <summary>What those have of blocks.</summary>
    public long LostBlocks { get; private set; }

    /// <summary>After a first connection to each endpoint: then what accepts is armed, and nothing else is there.</summary>
    public static async Task<QuietPoint> BeginAsync(SoakServer server, HostFigures? figures)
    {
        using var deadline = new CancellationTokenSource(s_patience);
        await ConnectionActions.VisitAsync(server.EndPoints, deadline.Token);
        while (figures?.Read("rio.connections.active") > 0 || server.Connections.Describe().Count > 0)
        {
            await Task.Delay(s_look, deadline.Token);
        }

        return new QuietPoint(server, figures);
    }

    /// <summary>What is too much, when it does not go away.</summary>
    public async Task<IReadOnlyList<string>> LeftoversAsync()
    {
        var start = Stopwatch.GetTimestamp();
        List<string> left;
        do
        {
            await Task.Delay(s_look);
            left = Leftovers();
        }
        while (left.Count > 0 && Stopwatch.GetElapsedTime(start) < s_patience);

        if (_server.Connections.ForgetLostByKestrel() is > 0 and var lost)
        {
            Forget(lost);
            left = Leftovers();
        }

        return left;
    }

    private void Forget(int lost)
    {
        LostConnections += lost;
        var blocks = _figures is null ? 0 : _figures.Read(RentedBlocks) - MostOf(RentedBlocks) - LostBlocks;
        if (blocks <= lost * MaxBlocksOfLost)
        {
            LostBlocks += blocks;
        }

        Console.WriteLine($"{lost} closed connections of HTTP/2 without a request in a handler were never ended by Kestrel, and have {blocks} blocks (dotnet/aspnetcore, issue 51307)");
    }

    private List<string> Leftovers()
        => [.. _expected
            .Select(expected => (expected.Name, expected.Most, Actual: _figures!.Read(expected.Name) - (expected.Name is RentedBlocks ? LostBlocks : 0)))
            .Where(static figure => figure.Actual > figure.Most)
            .Select(static figure => $"{figure.Name} is {figure.Actual} after all connections have ended, and was {figure.Most} before")
            .Concat(_server.Connections.Describe())
            .Concat(ForgottenDescriptors())
            .Concat(ForgottenRegistrations())];

    // Threads that stand by have a file each, and the runtime has pipes of its own. What comes with a connection or a poller is as it was.
    private IEnumerable<string> ForgottenDescriptors()
        => OpenDescriptors.CountByKind()
            .Where(count => s_counted.Contains(count.Key) && count.Value > _descriptors.GetValueOrDefault(count.Key))
            .Select(count => $"there are {count.Value} descriptors of kind {count.Key} after all connections have ended, and were {_descriptors.GetValueOrDefault(count.Key)} before");

    /// <summary>What is registered by the provider's count is registered by the pool's: no slab is forgotten by one of them.</summary>
    private IEnumerable<string> ForgottenRegistrations()
        => _server.VerifiedRegisteredBytes is { } verified && _figures!.Read(RegisteredBytes) is var registered && registered != verified
            ? [$"{registered} bytes are registered by the pool's count, and {verified} by the provider's"]
            : [];

    private long MostOf(string name) => _expected.Single(expected => expected.Name.Equals(name, StringComparison.Ordinal)).Most;
}
