using System.Net.Security;
using System.Security.Authentication;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>An HTTP client with a connection that nobody shares, and that can be reset under it. Nothing of it stays open.</summary>
internal sealed class OwnConnection : IDisposable
{
    private readonly EndPoint _server;
    private readonly (int Bytes, bool IsReset)? _cut;
    private Socket? _socket;
    private volatile bool _isCut;

    private OwnConnection(EndPoint server, string scheme, Version version, SslClientAuthenticationOptions? tls, (int Bytes, bool IsReset)? cut = null)
    {
        _server = server;
        _cut = cut;
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

    /// <summary>Whether the client wanted to send more than it was let. What was not sent is tried again on another connection, cut at the same byte.</summary>
    public bool IsCut => _isCut;

    /// <summary>HTTP/2 in clear text, without being asked whether that is wanted.</summary>
    public static OwnConnection InClearText(EndPoint server) => new(server, "http", HttpVersion.Version20, tls: null);

    /// <summary>The same, which is reset or ended by the client behind so many of its bytes. After an end it goes on reading.</summary>
    public static OwnConnection CutInClearText(EndPoint server, int bytes, bool isReset)
        => new(server, "http", HttpVersion.Version20, tls: null, (bytes, isReset));

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

    public void Reset() => Reset(_socket!);

    public void Dispose() => Http.Dispose();

    private static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }

    private void Cut(Socket socket, bool isReset)
    {
        _isCut = true;
        if (isReset)
        {
            Reset(socket);
        }
        else
        {
            socket.Shutdown(SocketShutdown.Send);
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancelled)
    {
        var socket = new Socket(_server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _socket = socket;
        await socket.ConnectAsync(_server, cancelled);
        var stream = new NetworkStream(socket, ownsSocket: true);
        return _cut is var (bytes, isReset) ? new CutStream(stream, bytes, atCut: () => Cut(socket, isReset)) : stream;
    }
}
