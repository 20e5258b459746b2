using Kestrel.Transport.Rio;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Hosting;

/// <summary>Puts the registered I/O transport under Kestrel.</summary>
public static class RioWebHostBuilderExtensions
{
    /// <summary>
    /// Serves Kestrel's endpoints through registered I/O: io_uring on Linux, Winsock RIO on Windows (experimental). Other transports
    /// serve the endpoints that it cannot. The call may come before or after <c>UseKestrel()</c>.
    /// </summary>
    /// <remarks>
    /// <c>UseSockets()</c> adds its transport only where there is none, so it does not take this call back. To serve on Sockets,
    /// leave this call out or set <c>KESTREL_RIO=off</c> in the environment. Options that code sets win over the configuration
    /// section <c>Kestrel:Rio</c>, before and after this call.
    /// </remarks>
    /// <param name="hostBuilder">The host builder.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="hostBuilder"/> is null.</exception>
    public static IWebHostBuilder UseRio(this IWebHostBuilder hostBuilder)
    {
        ArgumentNullException.ThrowIfNull(hostBuilder);
        return hostBuilder.ConfigureServices(static services => services.UseRio());
    }

    /// <summary>
    /// Serves Kestrel's endpoints through registered I/O, with options.
    /// </summary>
    /// <remarks>See <see cref="UseRio(IWebHostBuilder)"/>.</remarks>
    /// <param name="hostBuilder">The host builder.</param>
    /// <param name="configure">Sets the options; it runs after configuration was bound.</param>
    /// <returns>The same builder.</returns>
    /// <exception cref="ArgumentNullException">An argument is null.</exception>
    public static IWebHostBuilder UseRio(this IWebHostBuilder hostBuilder, Action<RioTransportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(hostBuilder);
        ArgumentNullException.ThrowIfNull(configure);
        return hostBuilder.ConfigureServices(services => services.UseRio(configure));
    }
}
