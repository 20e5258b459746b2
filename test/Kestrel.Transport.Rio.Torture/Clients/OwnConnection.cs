using System.Net.Security;
using System.Security.Authentication;

namespace Kestrel.Transport.Rio.Torture.Clients;

/// <summary>An HTTP client with a connection that nobody shares, and that can be reset under it. Nothing of it stays open.</summary>
internal sealed class OwnConnection : IDisposable
{
    private readonly EndPoint _server;
    private Socket? _socket;

    private OwnConnection(EndPoint server, string scheme, Version version, SslClientAuthenticationOptions? tls)
    {
        _server = server;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            MaxConnectionsPerServer = 1,
            UseProxy = false,
            UseCookies = false,
        };
        if (tls is not null)
        {
            handler.SslOptions = tls;
        }

        Http = new HttpClient(handler)
        {
            BaseAddress = new Uri($"{scheme}://localhost/"),
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public HttpClient Http { get; }

    /// <summary>HTTP/2 in clear text, without being asked whether that is wanted.</summary>
    public static OwnConnection InClearText(EndPoint server) => new(server, "http", HttpVersion.Version20, tls: null);

    public static OwnConnection InTls(EndPoint server, SslProtocols protocol, Version version)
        => new(server, "https", version, TlsOptions(protocol));

    public static SslClientAuthenticationOptions TlsOptions(SslProtocols protocol) => new()
    {
        EnabledSslProtocols = protocol,
        TargetHost = "localhost",
        AllowRenegotiation = true,
        LocalCertificateSelectionCallback = static (_, _, _, _, _) => Certificates.Localhost,
        RemoteCertificateValidationCallback = static (_, certificate, _, _)
            => string.Equals(certificate?.GetCertHashString(), Certificates.Localhost.GetCertHashString(), StringComparison.Ordinal),
    };

    public void Reset()
    {
        _socket!.LingerState = new LingerOption(enable: true, seconds: 0);
        _socket.Close();
    }

    public void Dispose() => Http.Dispose();

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancelled)
    {
        _socket = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await _socket.ConnectAsync(_server, cancelled);
        return new NetworkStream(_socket, ownsSocket: true);
    }
}
