using Kestrel.Transport.Rio;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the registered I/O transport to a service collection.</summary>
public static class RioServiceCollectionExtensions
{
    /// <summary>Adds the registered I/O transport, to be asked before the transports added so far.</summary>
    /// <param name="services">The services.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IServiceCollection UseRio(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IConfigureOptions<RioTransportOptions>, BindRioTransportOptions>());
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<RioTransportOptions>, ValidateRioTransportOptions>());
        services.AddOptions<RioTransportOptions>().ValidateOnStart();

        // Kestrel asks the factory that was added last first, and UseKestrel has added Sockets with AddSingleton; so a
        // TryAdd would find the place taken, and a second UseRio() must not bring a second factory.
        if (!services.Any(static service => service.ImplementationType == typeof(RioTransportFactory)))
        {
            services.AddSingleton<IConnectionListenerFactory, RioTransportFactory>();
        }

        return services;
    }

    /// <summary>Adds the registered I/O transport, with options.</summary>
    /// <param name="services">The services.</param>
    /// <param name="configure">Sets the options; it runs after configuration was bound.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IServiceCollection UseRio(this IServiceCollection services, Action<RioTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        return services.UseRio().Configure(configure);
    }
}
