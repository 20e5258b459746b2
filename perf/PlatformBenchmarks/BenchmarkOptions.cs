using Kestrel.Transport.Rio;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PlatformBenchmarks;

/// <summary>What the command line asked for.</summary>
internal sealed record BenchmarkOptions
{
    public TransportKind Transport { get; init; }

    public ApplicationScheduling Scheduling { get; init; }

    /// <summary>
    /// Where application code runs of a second server in the same process, each of whose ports is one higher; null for no second server.
    /// </summary>
    public ApplicationScheduling? SecondScheduling { get; init; }

    /// <summary>Null: the transport's own default.</summary>
    public int? Pollers { get; init; }

    public required IReadOnlyList<BindingAddress> Addresses { get; init; }

    public HttpProtocols Protocols { get; init; }

    /// <summary>A port on the loopback address where HTTP/2 is spoken whatever the protocols are; null for none.</summary>
    public int? Http2Port { get; init; }

    /// <summary>The port of the raw echo on the loopback address; null for none.</summary>
    public int? EchoPort { get; init; }

    /// <summary>Answers commands on standard input, and ends with it.</summary>
    public bool Control { get; init; }

    /// <summary>What the second server is to be; null for none.</summary>
    public BenchmarkOptions? Second => SecondScheduling is not { } scheduling ? null : this with
    {
        Scheduling = scheduling,
        SecondScheduling = null,
        Addresses = [.. Addresses.Select(static address => BindingAddress.Parse($"{address.Scheme}://{address.Host}:{address.Port + 1}"))],
        Http2Port = Http2Port + 1,
        EchoPort = EchoPort + 1,
    };
}
