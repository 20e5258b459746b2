using System.Security.Authentication;
using Kestrel.Transport.Rio.SoakTests.Clients;
using Kestrel.Transport.Rio.SoakTests.Scripts;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Termination;

/// <summary>
/// The same as <see cref="BusyConnection"/> in TLS, in HTTP/2, or in both, where Kestrel ends what it reads by pipes of its own. So a
/// request may be left without an answer; but none may hang, none end before the signal, and none be taken for answered with less
/// than all of it, or with a wrong byte.
/// </summary>
/// <param name="server">Where to.</param>
/// <param name="certificate">The hash of the server's.</param>
/// <param name="seed">What is asked for, and by which protocol.</param>
/// <param name="counts">What became of the requests.</param>
/// <param name="signalled">When the server was told to end.</param>
internal sealed class BusyHttpClient(SoakEndPoints server, string certificate, int seed, StopCounts counts, CancellationToken signalled)
{
    private const int Protocols = 4;
    private const int LongestBody = 48_000;
    private const int LongestWait = 50;

    private readonly Random _random = new(seed);

    /// <param name="connected">Told of the first answer, or of the end where there was none.</param>
    /// <param name="deadline">From then on, whoever still waits waits for ever.</param>
    public async Task RunAsync(Action connected, CancellationToken deadline)
    {
        using var http = Connect();
        try
        {
            // After the signal until nobody listens any more.
            while (true)
            {
                var beganBefore = !signalled.IsCancellationRequested;
                var end = await ExchangeAsync(http, deadline);
                counts.Add(end, beganBefore && signalled.IsCancellationRequested);
                if (end != AnswerEnd.Whole)
                {
                    return;
                }

                connected();
            }
        }
        catch (Exception e)
        {
            counts.Add($"client of {http.BaseAddress!.Scheme} {http.DefaultRequestVersion} with seed {seed}: {e}");
        }
        finally
        {
            connected();
        }
    }

    private HttpClient Connect() => (seed % Protocols) switch
    {
        0 => Connect("http", server.Http2, HttpVersion.Version20),
        1 => Connect("https", server.Tls, HttpVersion.Version20),
        2 => Connect("https", server.Tls, HttpVersion.Version11, SslProtocols.Tls12),
        _ => Connect("https", server.Tls, HttpVersion.Version11),
    };

    private HttpClient Connect(string scheme, IPEndPoint endPoint, Version version, SslProtocols protocol = SslProtocols.Tls13)
    {
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = 1, UseProxy = false, UseCookies = false };
        handler.SslOptions.EnabledSslProtocols = protocol;
        handler.SslOptions.RemoteCertificateValidationCallback =
            (_, theirs, _, _) => string.Equals(theirs?.GetCertHashString(), certificate, StringComparison.Ordinal);
        return new HttpClient(handler)
        {
            BaseAddress = new Uri($"{scheme}://{endPoint}/"),
            DefaultRequestVersion = version,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    private async Task<AnswerEnd> ExchangeAsync(HttpClient http, CancellationToken deadline)
    {
        try
        {
            await (_random.Next(4) switch
            {
                0 => HttpExchanges.DownloadAsync(http, _random.Next(LongestBody), _random.Next(), deadline),
                1 => HttpExchanges.GreetingAsync(http, SoakRoutes.Wait, _random.Next(LongestWait), _random.Next(), deadline),
                _ => HttpExchanges.GreetingAsync(http, SoakRoutes.Short, 0, _random.Next(), deadline),
            });
            return AnswerEnd.Whole;
        }
        catch (HttpRequestException) when (signalled.IsCancellationRequested)
        {
            // It says that the answer is not there, or not whole.
            return AnswerEnd.Unanswered;
        }
    }
}
