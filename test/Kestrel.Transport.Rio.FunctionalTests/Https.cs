using System.Net.Security;
using System.Security.Authentication;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>TLS over the transport's pipes: records do not align with blocks, and the handshake goes both ways.</summary>
public abstract class Https(Engine engine) : FunctionalTest(engine)
{
    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task A_body_arrives_over_tls_as_it_was_sent_both_ways(SslProtocols protocol)
    {
        const long Length = 4 * 1024 * 1024;
        var host = await StartHttpsAsync();
        using var http = Client(host, protocol);
        using var content = new PatternContent(Length, chunked: true);

        using var upload = await http.PostAsync(new Uri("hash", UriKind.Relative), content, Deadline);
        Assert.Equal(Pattern.Digest(Length), await upload.Content.ReadAsStringAsync(Deadline));

        await using var download = await http.GetStreamAsync(new Uri($"bytes?n={Length}", UriKind.Relative), Deadline);
        Assert.Equal(Pattern.Digest(Length), await Pattern.DigestAsync(download, Deadline));
    }

    [Fact]
    public async Task Many_concurrent_tls_handshakes_succeed()
    {
        var host = await StartHttpsAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
        {
            using var http = Client(host, SslProtocols.None);
            return await http.GetStringAsync(new Uri($"text/{i}", UriKind.Relative), Deadline);
        }));

        Assert.Equal(Enumerable.Range(0, 40).Select(i => $"{i}"), answers);
    }

    [Fact]
    public async Task A_client_that_speaks_no_tls_is_turned_away_and_nobody_else()
    {
        var host = await StartHttpsAsync();
        using var plain = await host.ConnectAsync(Deadline);
        await plain.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

        Assert.DoesNotContain("200", (await plain.ReadToEndAsync()).Text, StringComparison.Ordinal);
        using var http = Client(host, SslProtocols.None);
        Assert.Equal("fine", await http.GetStringAsync(new Uri("text/fine", UriKind.Relative), Deadline));
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_a_tls_handshake_is_logged_at_debug_only()
    {
        var host = await StartHttpsAsync();
        using var client = await host.ConnectAsync(Deadline);

        // The head of a TLS record that announces 512 bytes, and some of them.
        await client.SendAsync(new byte[] { 0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC });
        client.Reset();

        await Wait.UntilAsync(() => host.Logs.HasTransportEvent(19), Deadline);
        using var http = Client(host, SslProtocols.None);
        Assert.Equal("fine", await http.GetStringAsync(new Uri("text/fine", UriKind.Relative), Deadline));
    }

    /// <summary>The server's close_notify must be sent before its FIN, or the client has to take the end for a truncation.</summary>
    [Fact]
    public async Task The_end_of_a_tls_connection_is_orderly()
    {
        var host = await StartHttpsAsync();
        using var client = await host.ConnectAsync(Deadline);
        await using var tls = new SslStream(new NetworkStream(client.Socket), leaveInnerStreamOpen: false);
        await tls.AuthenticateAsClientAsync(Options(SslProtocols.None), Deadline);

        await tls.WriteAsync("GET /text/bye HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray(), Deadline);
        using var reader = new StreamReader(tls);
        var answer = await reader.ReadToEndAsync(Deadline);

        Assert.EndsWith("\r\n\r\nbye", answer, StringComparison.Ordinal);
    }

    private Task<TestHost> StartHttpsAsync()
    {
        var certificate = Certificates.Localhost;
        return StartAsync(new HostSetup().Listen(IPAddress.Loopback, listen => listen.UseHttps(certificate)));
    }

    private static HttpClient Client(TestHost host, SslProtocols protocol)
    {
        var handler = new SocketsHttpHandler { SslOptions = Options(protocol) };
        return new HttpClient(handler) { BaseAddress = new Uri($"https://localhost:{host.Port}/"), Timeout = Wait.Patience };
    }

    private static SslClientAuthenticationOptions Options(SslProtocols protocol) => new()
    {
        EnabledSslProtocols = protocol,
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate?.GetCertHashString() == Certificates.Localhost.GetCertHashString(),
    };

    public sealed class OnSockets() : Https(Engine.Sockets);

    public sealed class OnRio() : Https(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : Https(Engine.RioInline);

    public sealed class OnRioAdaptive() : Https(Engine.RioAdaptive);
}
