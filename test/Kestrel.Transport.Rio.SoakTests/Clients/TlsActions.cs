using System.Net.Security;
using System.Security.Authentication;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Connections in TLS 1.2 and 1.3, with HTTP/1.1 and HTTP/2 in them.</summary>
internal static class TlsActions
{
    private const int MaxRequests = 4;
    private const int MaxBody = 48_000;
    private const int HugeBody = 4_000_000;

    // A ClientHello is the first 200 to 600 of these, and what answers the server comes next.
    private const int MaxHandshake = 700;

    public static IReadOnlyList<ConnectionAction> All { get; } =
    [
        new("TLS", 6, RequestsAsync),
        new("TLS, renegotiated", 4, RenegotiatedAsync),
        new("TLS, reset in a body", 3, ResetInBodyAsync),
        new("TLS, cut in the handshake", 5, CutInHandshakeAsync),
    ];

    private static async Task RequestsAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        using var connection = Connect(server, random, random.Next(2) == 0 ? HttpVersion.Version11 : HttpVersion.Version20);
        for (var left = random.Next(1, MaxRequests); left > 0; left--)
        {
            await HttpExchanges.DownloadAsync(connection.Http, random.Next(MaxBody), random.Next(), cancelled);
            await HttpExchanges.UploadAsync(connection.Http, random.Next(MaxBody), random.Next(), cancelled);
        }
    }

    /// <summary>
    /// The handler asks for the client's certificate when the connection is in use already. In TLS 1.2 that is a renegotiation; TLS 1.3,
    /// which has none, has a message for it.
    /// </summary>
    private static async Task RenegotiatedAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        using var connection = Connect(server, random, HttpVersion.Version11);
        await HttpExchanges.DownloadAsync(connection.Http, random.Next(MaxBody), random.Next(), cancelled);
        Assert.Equal(
            Certificates.Localhost.Thumbprint,
            await connection.Http.GetStringAsync(new Uri(SoakRoutes.Path(SoakRoutes.Certificate, 0, salt: 0), UriKind.Relative), cancelled));
        await HttpExchanges.DownloadAsync(connection.Http, random.Next(MaxBody), random.Next(), cancelled);
        await HttpExchanges.UploadAsync(connection.Http, random.Next(MaxBody), random.Next(), cancelled);
    }

    private static async Task ResetInBodyAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        using var connection = Connect(server, random, HttpVersion.Version11);
        var salt = random.Next();
        using var response = await connection.Http.GetAsync(
            new Uri(SoakRoutes.Path(SoakRoutes.Stream, HugeBody, salt), UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancelled);
        await using var body = await response.Content.ReadAsStreamAsync(cancelled);
        var bytes = new byte[random.Next(MaxBody)];
        await body.ReadExactlyAsync(bytes, cancelled);
        Expect.Pattern(bytes, bytes.Length, salt);
        connection.Reset();
    }

    private static async Task CutInHandshakeAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        using var client = await RawClient.ConnectAsync(server.Tls, cancelled);
        await using (var tls = new SslStream(new CutStream(new NetworkStream(client.Socket), random.Next(MaxHandshake)), leaveInnerStreamOpen: true))
        {
            try
            {
                await tls.AuthenticateAsClientAsync(OwnConnection.TlsOptions(Protocol(random)), cancelled);
            }
            catch (Exception e) when (e is IOException or AuthenticationException)
            {
                // Behind the cut. A handshake that was shorter is a connection without a request.
            }
        }

        if (random.Next(2) == 0)
        {
            client.Reset();
            return;
        }

        client.Finish();
        _ = await client.ReadToEndAsync();
    }

    private static OwnConnection Connect(SoakEndPoints server, Random random, Version version)
        => OwnConnection.InTls(server.Tls, Protocol(random), version);

    private static SslProtocols Protocol(Random random) => random.Next(2) == 0 ? SslProtocols.Tls12 : SslProtocols.Tls13;
}
