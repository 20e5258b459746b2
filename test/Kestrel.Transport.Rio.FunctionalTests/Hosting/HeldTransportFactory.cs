using Microsoft.Extensions.DependencyInjection;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>
/// The engine's factory, with a first endpoint from which Kestrel takes up nothing until the signal: as with a thread pool that
/// has no thread for it.
/// </summary>
public sealed class HeldTransportFactory(IConnectionListenerFactory inner, Signal takesUp)
    : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private int _bound;

    /// <summary>Puts itself in front of the factory that Kestrel would ask first.</summary>
    public static void Hold(IServiceCollection services, Signal takesUp)
    {
        var engine = services.Last(static service => service.ServiceType == typeof(IConnectionListenerFactory)).ImplementationType!;
        services.AddSingleton<IConnectionListenerFactory>(provider => new HeldTransportFactory(
            (IConnectionListenerFactory)ActivatorUtilities.CreateInstance(provider, engine), takesUp));
    }

    public bool CanBind(EndPoint endpoint) => inner is not IConnectionListenerFactorySelector selector || selector.CanBind(endpoint);

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = await inner.BindAsync(endpoint, cancellationToken);
        return _bound++ == 0 ? new HeldListener(listener, takesUp) : listener;
    }

    private sealed class HeldListener(IConnectionListener inner, Signal takesUp) : IConnectionListener
    {
        public EndPoint EndPoint => inner.EndPoint;

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
        {
            await takesUp.WaitAsync(cancellationToken);
            return await inner.AcceptAsync(cancellationToken);
        }

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default) => inner.UnbindAsync(cancellationToken);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
