using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Hosting;
using Kestrel.Transport.Rio.Polling;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio;

/// <summary>
/// Binds Kestrel's endpoints on registered I/O. <c>UseRio()</c> adds it; few users have to know it.
/// </summary>
public sealed class RioTransportFactory : IConnectionListenerFactory, IConnectionListenerFactorySelector
{
    private readonly RioTransportOptions _options;
    private readonly GuardedLogger _logger;
    private readonly PollerLease _pollers;
    private readonly Lazy<SocketTransportFactory> _sockets;
    private int _warned;

    /// <summary>Makes the factory. Nothing is asked of the machine before the first endpoint is bound.</summary>
    /// <param name="options">The options.</param>
    /// <param name="loggerFactory">Makes the logger of category <c>Kestrel.Transport.Rio</c>.</param>
    /// <param name="meterFactory">Makes the meters, or null for none.</param>
    /// <exception cref="ArgumentNullException">An argument other than <paramref name="meterFactory"/> is null.</exception>
    public RioTransportFactory(IOptions<RioTransportOptions> options, ILoggerFactory loggerFactory, IMeterFactory? meterFactory = null)
        : this(options, loggerFactory, meterFactory, static io => io)
    {
    }

    /// <summary>With something between the transport and the provider; that is for tests.</summary>
    internal RioTransportFactory(
        IOptions<RioTransportOptions> options, ILoggerFactory loggerFactory, IMeterFactory? meterFactory, Func<RegisteredIo, RegisteredIo> decorate)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(loggerFactory);
        _options = options.Value;
        _logger = new GuardedLogger(loggerFactory.CreateLogger(RioLog.Category));
        _pollers = new PollerLease(io => PollerStart.Start(decorate(io), _options, meterFactory, _logger), _logger.Lines);
        _sockets = new Lazy<SocketTransportFactory>(
            () => new SocketTransportFactory(Options.Create(SocketsFallback.MapOptions(_options)), loggerFactory));
    }

    /// <summary>Whether an endpoint is one that this transport serves; others are left to the transports that do.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <returns>
    /// True for <see cref="IPEndPoint"/>, and for <see cref="UnixDomainSocketEndPoint"/> and <see cref="FileHandleEndPoint"/>
    /// of a socket where the provider serves those.
    /// </returns>
    public bool CanBind(EndPoint endpoint) => endpoint switch
    {
        IPEndPoint => true,
        UnixDomainSocketEndPoint => RegisteredIoProvider.ServesUnixSockets,
        FileHandleEndPoint handle => RegisteredIoProvider.ServesUnixSockets
            && handle.FileHandleType is FileHandleType.Auto or FileHandleType.Tcp,
        _ => false,
    };

    /// <summary>Binds an endpoint and begins to accept connections. Platform calls: <c>bind</c>, <c>listen</c>.</summary>
    /// <param name="endpoint">The endpoint.</param>
    /// <param name="cancellationToken">Cancels the bind.</param>
    /// <returns>The listener.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="endpoint"/> is null.</exception>
    /// <exception cref="AddressInUseException">The endpoint is taken.</exception>
    /// <exception cref="SocketException">The endpoint cannot be bound for another reason.</exception>
    /// <exception cref="PlatformNotSupportedException">
    /// Registered I/O is not available, <see cref="RioTransportOptions.Fallback"/> is <see cref="UnavailableBehavior.Throw"/>, and
    /// it is not the environment that switches it off (<c>KESTREL_RIO=off</c>): then Sockets serves in any case.
    /// </exception>
    public async ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        cancellationToken.ThrowIfCancellationRequested();

        if (OffSwitch.IsOff(out var value))
        {
            return await BindOnSocketsAsync(endpoint, $"It is switched off by {OffSwitch.Variable}={value} in the environment.", cancellationToken);
        }

        if (!_pollers.TryAcquire(out var group, out var reason))
        {
            return _options.Fallback == UnavailableBehavior.Throw
                ? throw new PlatformNotSupportedException($"Registered I/O is not available. {reason}")
                : await BindOnSocketsAsync(endpoint, reason, cancellationToken);
        }

        Socket? listenSocket = null;
        try
        {
            listenSocket = Bind(endpoint);
            var listener = new RioConnectionListener(
                listenSocket, listenSocket.LocalEndPoint ?? endpoint, _options, group, _pollers.ReleaseAsync, _logger);
            listener.Start();
            await _pollers.FlushLogAsync();
            return listener;
        }
        catch
        {
            listenSocket?.Dispose();
            await _pollers.ReleaseAsync();
            throw;
        }
    }

    private async ValueTask<IConnectionListener> BindOnSocketsAsync(EndPoint endpoint, string reason, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _warned, 1) == 0)
        {
            RioLog.FallbackToSockets(_logger, reason);
        }

        return await _sockets.Value.BindAsync(endpoint, cancellationToken);
    }

    private Socket Bind(EndPoint endpoint)
    {
        Socket? listenSocket = null;
        try
        {
            listenSocket = _options.CreateBoundListenSocket(endpoint);
            if (listenSocket.LocalEndPoint is IPEndPoint)
            {
                // Accepted sockets inherit it on Linux, which saves a call for each.
                listenSocket.NoDelay = _options.NoDelay;
            }

            listenSocket.Listen(_options.Backlog);
            return listenSocket;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            listenSocket?.Dispose();
            throw new AddressInUseException(e.Message, e);
        }
        catch (SocketException e)
        {
            // Kestrel names the endpoint only where it is in use.
            listenSocket?.Dispose();
            throw new SocketException((int)e.SocketErrorCode, $"Failed to bind to {endpoint}: {e.Message}");
        }
        catch
        {
            listenSocket?.Dispose();
            throw;
        }
    }
}
