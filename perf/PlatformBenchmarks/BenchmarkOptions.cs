using Kestrel.Transport.Rio;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PlatformBenchmarks;

/// <summary>What the command line asked for.</summary>
internal sealed record BenchmarkOptions
{
    public TransportKind Transport { get; init; }

    public ApplicationScheduling Scheduling { get; init; }

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
}
