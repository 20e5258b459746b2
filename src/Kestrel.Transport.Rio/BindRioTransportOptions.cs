using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio;

/// <summary>
/// Binds the options from configuration, where the host has one. Registered ahead of everything that configures them in code,
/// so that code beats configuration.
/// </summary>
internal sealed class BindRioTransportOptions(IConfiguration? configuration = null) : IConfigureOptions<RioTransportOptions>
{
    public void Configure(RioTransportOptions options)
        => configuration?.GetSection(RioTransportOptions.ConfigurationSection).Bind(options);
}
