using Kestrel.Transport.Rio;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the registered I/O transport to a service collection.</summary>
public static class RioServiceCollectionExtensions
{
    /// <summary>
    /// Adds the registered I/O transport. Kestrel asks it before the transports that were added earlier. Endpoints that it does not
    /// serve go to those. Where there is none yet, this adds Kestrel's Sockets transport first, as <c>UseKestrel()</c> does, so the
    /// order of the two calls does not matter.
    /// </summary>
    /// <remarks>
    /// <c>UseSockets()</c> adds its transport only where there is none, so it does not take this call back. To serve on Sockets,
    /// leave this call out or set <c>KESTREL_RIO=off</c> in the environment. Options that code sets win over the configuration
    /// section <c>Kestrel:Rio</c>, before and after this call.
    /// </remarks>
    /// <param name="services">The services.</param>
    /// <returns>The same services.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="services"/> is null.</exception>
    public static IServiceCollection UseRio(this IServiceCollection services)
    {
        ArgumentNullException.ThrowIfNull(services);

        BindBeforeOthersConfigure(services);
        services.TryAddEnumerable(
            ServiceDescriptor.Singleton<IValidateOptions<RioTransportOptions>, ValidateRioTransportOptions>());
        services.AddOptions<RioTransportOptions>().ValidateOnStart();

        // UseKestrel adds it in the same way, and so would not any more after the line below.
        services.TryAddSingleton<IConnectionListenerFactory, SocketTransportFactory>();

        // Kestrel asks the factory that was added last first. A second UseRio() must not bring a second factory.
        if (!services.Any(static service => !service.IsKeyedService && service.ImplementationType == typeof(RioTransportFactory)))
        {
            services.AddSingleton<IConnectionListenerFactory, RioTransportFactory>();
        }

        return services;
    }

    /// <summary>Adds the registered I/O transport, with options.</summary>
    /// <remarks>See <see cref="UseRio(IServiceCollection)"/>.</remarks>
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

    /// <summary>Options are configured in the order of registration: code that came earlier is to win over configuration, too.</summary>
    private static void BindBeforeOthersConfigure(IServiceCollection services)
    {
        if (services.Any(static service => !service.IsKeyedService && service.ImplementationType == typeof(BindRioTransportOptions)))
        {
            return;
        }

        var first = 0;
        while (first < services.Count && services[first].ServiceType != typeof(IConfigureOptions<RioTransportOptions>))
        {
            first++;
        }

        services.Insert(first, ServiceDescriptor.Singleton<IConfigureOptions<RioTransportOptions>, BindRioTransportOptions>());
    }
}
