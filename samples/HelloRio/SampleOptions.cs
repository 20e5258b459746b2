using Kestrel.Transport.Rio;

namespace HelloRio;

/// <summary>What the command line asked for.</summary>
internal sealed record SampleOptions
{
    public const int Disabled = 0;

    public SampleTransport Transport { get; init; }

    /// <summary>Null: the transport's own default, or what the configuration says.</summary>
    public ApplicationScheduling? Scheduling { get; init; }

    /// <summary>Null: the transport's own default, or what the configuration says.</summary>
    public int? Pollers { get; init; }

    public required IReadOnlyList<BindingAddress> Addresses { get; init; }

    /// <summary>On the loopback address; <see cref="Disabled"/> for no HTTPS.</summary>
    public int HttpsPort { get; init; }

    /// <summary>Without TLS, on the loopback address; <see cref="Disabled"/> for no endpoint of HTTP/2 alone.</summary>
    public int Http2Port { get; init; }

    /// <summary>On the loopback address; <see cref="Disabled"/> for no raw echo.</summary>
    public int EchoPort { get; init; }

    /// <summary>Whether <c>/figures</c> listens to the meters, which costs a little on every rented block.</summary>
    public bool Figures { get; init; }
}
