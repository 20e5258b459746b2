using System.Net.Security;
using System.Net.WebSockets;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>
/// What Kestrel's meter and its event source say of connections, by which operators count and alert. It depends on the order in which the
/// transport tells of an end, and on the exceptions it tells. Where Sockets gives one of two values by chance both are allowed.
/// </summary>
public abstract class ConnectionRecords(Engine engine) : FunctionalTest(engine)
{
    private const string CloseRequest = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    private const string HalfABody = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nhalf of it";
    private const string Upgrade = "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n";

    // The head of a TLS record that announces 512 bytes, and some of them.
    private static readonly byte[] s_halfAHandshake = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xFC];

    // Kestrel's timer looks once a second.
    private static readonly TimeSpan s_short = TimeSpan.FromSeconds(1);

    [Fact]
    public Task Request_with_close() => AssertAsync(new Expected("none") { Requests = 1 }, async (_, client) =>
    {
        await client.SendAsync(CloseRequest);
        await client.ReadToEndAsync();
    });

    [Theory]
    [InlineData("", "none", "none")]
    [InlineData("GET / HT", "invalid_request_line", "none")]
    public async Task Fin_or_reset_before_a_whole_request(string sent, string ofFin, string ofReset)
    {
        await AssertAsync(new Expected(ofFin), async (_, client) =>
        {
            await client.SendAsync(sent);
            client.Finish();
            await client.ReadToEndAsync();
        });
        // Wine forgets a reset that no receive is waiting for, and gives a FIN.
        await AssertAsync(Wine.IsHere ? new Expected(ofReset, ofFin) : new Expected(ofReset), async (_, client) =>
        {
            await client.SendAsync(sent);
            client.Reset();
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public Task End_between_requests(bool resets) => AssertAsync(new Expected("none") { Requests = 1 }, async (_, client) =>
    {
        await client.GetAsync("/");
        await client.ReadReplyAsync();
        End(client, resets);
    });

    [Theory]
    [InlineData(true, "none", "invalid_body_reader_state")]
    [InlineData(false, "unexpected_end_of_request_content")]
    public Task End_in_a_body(bool resets, params string[] endings)
    {
        var reading = new Signal();
        var setup = new HostSetup
        {
            App = context =>
            {
                reading.Set();
                return context.Request.Body.CopyToAsync(Stream.Null, CancellationToken.None);
            },
        };
        return AssertAsync(new Expected(endings) { Requests = 1 }, setup, async (_, client) =>
        {
            await client.SendAsync(HalfABody);
            await reading.WaitAsync(Deadline);
            End(client, resets);
        });
    }

    [Fact]
    public Task Reset_in_a_response() => AssertAsync(new Expected("none") { Requests = 1 }, async (_, client) =>
    {
        await client.GetAsync("/bytes?n=1000000000");
        await client.ReadExactlyAsync(100_000);
        client.Reset();
    });

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task End_of_a_websocket(bool resets)
    {
        var receiving = new Signal();
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var setup = new HostSetup
        {
            Pipeline = app => app.UseWebSockets(),
            App = async context =>
            {
                using var socket = await context.WebSockets.AcceptWebSocketAsync();
                receiving.Set();
                seen.SetResult(await Record.ExceptionAsync(() => ReceiveAsync(socket)));
            },
        };

        await AssertAsync(new Expected("none", "aborted_by_app") { Requests = 1, Upgrades = 1 }, setup, async (_, client) =>
        {
            await client.SendAsync(Upgrade);
            await receiving.WaitAsync(Deadline);
            End(client, resets);
        });

        var error = Assert.IsType<WebSocketException>(await seen.Task);
        Assert.Equal(WebSocketError.ConnectionClosedPrematurely, error.WebSocketErrorCode);
    }

    [Fact]
    public Task Abort_by_the_application()
    {
        var setup = new HostSetup
        {
            App = static context =>
            {
                context.Abort();
                return Task.CompletedTask;
            },
        };
        return AssertAsync(new Expected("aborted_by_app") { Requests = 1 }, setup, async (_, client) =>
        {
            await client.GetAsync("/");
            await client.ReadToEndAsync();
        });
    }

    [Fact]
    public Task Handler_that_throws() => AssertAsync(
        new Expected("none") { Requests = 1 },
        new HostSetup { App = static _ => throw new InvalidOperationException("on purpose") },
        async (_, client) =>
        {
            await client.SendAsync(CloseRequest);
            await client.ReadToEndAsync();
        });

    [Theory]
    [InlineData("NONSENSE\r\n\r\n", 0, "invalid_request_line")]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\nX: ", 40_000, "max_request_headers_total_size_exceeded")]
    public Task Bad_request(string sent, int more, string ending) => AssertAsync(new Expected(ending), async (_, client) =>
    {
        await client.SendAsync(sent + new string('x', more));
        await client.ReadToEndAsync();
    });

    [Fact]
    public Task Timeout_of_headers() => AssertAsync(
        new Expected("request_headers_timeout"),
        new HostSetup { Kestrel = static options => options.Limits.RequestHeadersTimeout = s_short },
        async (_, client) =>
        {
            await client.SendAsync("GET / HT");
            await client.ReadToEndAsync();
        });

    [Fact]
    public Task Timeout_between_requests() => AssertAsync(
        new Expected("keep_alive_timeout") { Requests = 1 },
        new HostSetup { Kestrel = static options => options.Limits.KeepAliveTimeout = 4 * s_short },
        async (_, client) =>
        {
            await client.GetAsync("/");
            await client.ReadToEndAsync();
        });

    [Fact]
    public Task Timeout_of_a_body() => AssertAsync(
        new Expected("min_request_body_data_rate") { Requests = 1 },
        new HostSetup
        {
            App = static context => context.Request.Body.CopyToAsync(Stream.Null, CancellationToken.None),
            Kestrel = static options => options.Limits.MinRequestBodyDataRate = new MinDataRate(1000, 2 * s_short),
        },
        async (_, client) =>
        {
            await client.SendAsync(HalfABody);
            await client.ReadToEndAsync();
        });

    [Fact]
    public Task Stop_between_requests() => AssertAsync(new Expected("none") { Requests = 1 }, async (host, client) =>
    {
        await client.GetAsync("/");
        await client.ReadReplyAsync();
        await host.StopAsync(Deadline);
    });

    [Fact]
    public Task Stop_that_does_not_wait()
    {
        var handling = new Signal();
        var setup = new HostSetup
        {
            App = async context =>
            {
                var aborted = new Signal();
                await using var registration = context.RequestAborted.Register(aborted.Set);
                handling.Set();
                await aborted.WaitAsync(Deadline);
            },
        };
        return AssertAsync(new Expected("app_shutdown_timeout") { Requests = 1 }, setup, async (host, client) =>
        {
            await client.GetAsync("/");
            await handling.WaitAsync(Deadline);
            using var patience = new CancellationTokenSource();
            await patience.CancelAsync();
            await host.StopAsync(patience.Token);
        });
    }

    [Theory]
    [InlineData("", false, "none")]
    [InlineData("", true, "none")]
    [InlineData("XX", false, "invalid_handshake")]
    public Task End_of_http2(string preface, bool resets, string ending) => AssertAsync(
        new Expected(ending) { Protocol = "network.protocol.name=http network.protocol.version=2 " },
        new HostSetup().Listen(IPAddress.Loopback, static listen => listen.Protocols = HttpProtocols.Http2),
        async (_, client) =>
        {
            await client.SendAsync($"PRI * HTTP/2.0\r\n\r\n{(preface.Length == 0 ? "SM" : preface)}\r\n\r\n");
            await client.SendAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
            if (preface.Length == 0)
            {
                await client.ReadExactlyAsync(9);
            }
            else
            {
                await client.ReadToEndAsync();
            }

            End(client, resets);
        });

    [Fact]
    public Task Request_over_tls() => AssertAsync(
        new Expected("none") { Requests = 1, Tls = "1.3" },
        Https(),
        async (_, client) =>
        {
            await using var tls = new SslStream(new NetworkStream(client.Socket), leaveInnerStreamOpen: false);
            var options = new SslClientAuthenticationOptions
            {
                TargetHost = "localhost",
                RemoteCertificateValidationCallback = static (_, certificate, _, _) =>
                    certificate?.GetCertHashString() == Certificates.Localhost.GetCertHashString(),
            };
            await tls.AuthenticateAsClientAsync(options, Deadline);
            await tls.WriteAsync(Encoding.ASCII.GetBytes(CloseRequest), Deadline);
            await tls.CopyToAsync(Stream.Null, Deadline);
        });

    [Theory]
    [InlineData(true, "Microsoft.AspNetCore.Connections.ConnectionResetException")]
    [InlineData(false, "System.IO.IOException")]
    public Task End_in_a_tls_handshake(bool resets, string error) => AssertAsync(
        new Expected("tls_handshake_failed") { Protocol = "", TlsError = error },
        Https(),
        async (_, client) =>
        {
            await client.SendAsync(s_halfAHandshake);
            End(client, resets);
        });

    [Fact]
    public Task Reset_of_a_connection_handler()
    {
        var reading = new Signal();
        var setup = new HostSetup().Raw(async connection =>
        {
            reading.Set();
            await connection.Transport.Input.ReadAsync(Deadline);
        });
        var expected = new Expected("Microsoft.AspNetCore.Connections.ConnectionResetException") { Protocol = "" };
        return AssertAsync(expected, setup, async (_, client) =>
        {
            await reading.WaitAsync(Deadline);
            client.Reset();
        });
    }

    private async Task ReceiveAsync(WebSocket socket) => await socket.ReceiveAsync(new byte[10].AsMemory(), Deadline);

    private static HostSetup Https() => new HostSetup().Listen(IPAddress.Loopback, static listen => listen.UseHttps(Certificates.Localhost));

    private static void End(RawClient client, bool resets)
    {
        if (resets)
        {
            client.Reset();
        }
        else
        {
            client.Finish();
        }
    }

    private Task AssertAsync(Expected expected, Func<TestHost, RawClient, Task> scenario) => AssertAsync(expected, new HostSetup(), scenario);

    /// <summary>One connection, from its beginning until Kestrel has written it off.</summary>
    private async Task AssertAsync(Expected expected, HostSetup setup, Func<TestHost, RawClient, Task> scenario)
    {
        setup.Watch = new ConnectionWatch();
        var host = Build(setup);

        // What Kestrel says of handlers that end with an exception, which some do here. The transport has nothing to say.
        host.Logs.Expect(static entry => entry.Event.Name is "ApplicationError" or "RequestBodyDrainBodyReaderInvalidState"
            || entry is { Category: "Microsoft.AspNetCore.Server.Kestrel", Exception: ConnectionResetException });
        using var records = new KestrelRecords(host.Services, setup.Watch);
        await host.StartAsync(Deadline);
        using var client = await host.ConnectAsync(Deadline);

        // Accepted: an end that overtakes that may leave nothing to accept.
        await setup.Watch.NextAsync(Deadline);
        await scenario(host, client);

        await Wait.UntilAsync(() => records.Endings.Any(), Deadline);
        if (host.IsRunning)
        {
            await host.StopAsync(Deadline);
        }

        // A stop that does not wait leaves Kestrel to write the rest.
        await Wait.UntilAsync(() => records.Lines.Count() >= expected.Lines.Count(), Deadline);
        Assert.Equal(expected.Lines, records.Lines);
        Assert.Contains(Assert.Single(records.Endings), expected.Endings);
    }

    private sealed record Expected(params string[] Endings)
    {
        private const string Endpoint = "network.transport=tcp network.type=ipv4 server.address=127.0.0.1";

        public int Requests { get; init; }

        public int Upgrades { get; init; }

        public string Protocol { get; init; } = "network.protocol.name=http network.protocol.version=1.1 ";

        public string? Tls { get; init; }

        public string? TlsError { get; init; }

        public IEnumerable<string> Lines
        {
            get
            {
                var version = Tls is null ? "" : $" tls.protocol.version={Tls}";
                List<string> lines = ["ConnectionStart", "ConnectionStop", $"kestrel.connection.duration {Protocol}{Endpoint}{version}"];
                Count(lines, 1, "kestrel.active_connections");
                Count(lines, 1, "kestrel.queued_connections");
                Count(lines, Upgrades, "kestrel.upgraded_connections");
                lines.AddRange(Enumerable.Repeat((string[])["RequestStart", "RequestStop"], Requests).SelectMany(static line => line));
                if (Tls is not null || TlsError is not null)
                {
                    Count(lines, 1, "kestrel.active_tls_handshakes");
                    var error = TlsError is null ? "" : $"error.type={TlsError} ";
                    lines.AddRange(["TlsHandshakeStart", "TlsHandshakeStop", $"kestrel.tls_handshake.duration {error}{Endpoint}{version}"]);
                    lines.AddRange(TlsError is null ? [] : ["TlsHandshakeFailed"]);
                }

                return lines.Order(StringComparer.Ordinal);
            }
        }

        private static void Count(List<string> lines, int times, string instrument)
        {
            for (; times > 0; times--)
            {
                lines.AddRange([$"{instrument} {Endpoint} +1", $"{instrument} {Endpoint} -1"]);
            }
        }
    }

    public sealed class OnSockets() : ConnectionRecords(Engine.Sockets);

    public sealed class OnRio() : ConnectionRecords(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : ConnectionRecords(Engine.RioInline);

    public sealed class OnRioAdaptive() : ConnectionRecords(Engine.RioAdaptive);
}
