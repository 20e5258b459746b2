using Microsoft.Extensions.Configuration;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>A section <c>Kestrel</c> whose endpoints come and go while the host runs.</summary>
public sealed class ChangingConfiguration : ConfigurationProvider, IConfigurationSource
{
    /// <summary>No other test binds there, so that a port that is given up is still free when it is wanted again.</summary>
    public const string Address = "127.0.0.2";

    /// <summary>The section, for <see cref="KestrelServerOptions.Configure(IConfiguration, bool)"/>.</summary>
    public IConfiguration BuildSection() => new ConfigurationBuilder().Add(this).Build();

    /// <summary>From now on it has these endpoints and no others.</summary>
    public void SetEndpoints(params int[] ports)
    {
        Data = ports.ToDictionary(
            static port => FormattableString.Invariant($"Endpoints:{port}:Url"),
            static string? (port) => FormattableString.Invariant($"http://{Address}:{port}"),
            StringComparer.OrdinalIgnoreCase);
        OnReload();
    }

    IConfigurationProvider IConfigurationSource.Build(IConfigurationBuilder builder) => this;
}
