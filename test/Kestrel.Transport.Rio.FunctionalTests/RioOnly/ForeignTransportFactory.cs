using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Somebody else's transport: takes its own endpoints only, and serves them on a loopback port.</summary>
public sealed class ForeignTransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly SocketTransportFactory _sockets =
        new(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);

    public EndPoint? Bound { get; private set; }

    public bool CanBind(EndPoint endpoint) => endpoint is ForeignEndPoint;

    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        var listener = await _sockets.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), cancellationToken);
        Bound = listener.EndPoint;
        return listener;
    }
}
