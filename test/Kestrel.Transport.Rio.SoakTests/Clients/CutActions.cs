using System.Net.Security;
using System.Security.Authentication;
using Kestrel.Transport.Rio.SoakTests.Scripts;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>
/// Connections that their client cuts at any byte of what it sends, or of what it is sent: in heads, bodies, chunks' sizes, records and
/// frames, and between them.
/// </summary>
internal static class CutActions
{
    // A handshake sends 400 to 1,000 bytes, and each record takes 22 to 45 besides what is in it.
    private const int MaxHandshake = 1000;

    // What an answer has before its body.
    private const int Head = 110;

    // From the client's preface to the last of 16 bodies.
    private const int MinHttp2Bits = 5;
    private const int MaxHttp2Bits = 19;

    public static IReadOnlyList<ConnectionAction> All { get; } =
    [
        new("script, cut by a reset", 6, static (server, random, cancelled) => CutAsync(server, random, isReset: true, cancelled)),
        new("script, cut by an end", 6, static (server, random, cancelled) => CutAsync(server, random, isReset: false, cancelled)),
        new("answers to a script, cut by a reset", 4, CutAnswersAsync),
        new("TLS script, cut by a reset", 3, static (server, random, cancelled) => CutTlsAsync(server, random, isReset: true, cancelled)),
        new("TLS script, cut by an end", 3, static (server, random, cancelled) => CutTlsAsync(server, random, isReset: false, cancelled)),
        new("HTTP/2, cut by a reset", 3, static (server, random, cancelled) => CutHttp2Async(server, random, isReset: true, cancelled)),
        new("HTTP/2, cut by an end", 3, static (server, random, cancelled) => CutHttp2Async(server, random, isReset: false, cancelled)),
    ];

    private static async Task CutAsync(SoakEndPoints server, Random random, bool isReset, CancellationToken cancelled)
    {
        var script = RequestScript.Choose(random);
        using var client = await RawClient.ConnectAsync(server.Http1, cancelled);
        await using var stream = new NetworkStream(client.Socket);
        var player = new ScriptPlayer(stream, script, random, isPipelined: random.Next(2) == 0);
        await player.SendAsync(random.Next(script.Bytes.Length + 1), cancelled);
        if (isReset)
        {
            client.Reset();
            return;
        }

        client.Finish();
        await player.ReadRestAsync([StatusCodes.Status400BadRequest], cancelled);
    }

    private static async Task CutAnswersAsync(SoakEndPoints server, Random random, CancellationToken cancelled)
    {
        var script = RequestScript.Choose(random);
        var cut = random.Next(script.Requests.Sum(static request => Head + request.Length));
        using var client = await RawClient.ConnectAsync(server.Http1, cancelled);
        await using var stream = new CutStream(new NetworkStream(client.Socket), readable: cut);
        var player = new ScriptPlayer(stream, script, random, isPipelined: true);
        await player.SendAsync(script.Bytes.Length, cancelled);
        _ = await player.ReadAnswersAsync(cancelled);
        client.Reset();
    }

    private static async Task CutTlsAsync(SoakEndPoints server, Random random, bool isReset, CancellationToken cancelled)
    {
        var script = RequestScript.Choose(random);
        var protocol = random.Next(2) == 0 ? SslProtocols.Tls12 : SslProtocols.Tls13;
        using var client = await RawClient.ConnectAsync(server.Tls, cancelled);
        await using var cut = new CutStream(new NetworkStream(client.Socket), random.Next(MaxHandshake + script.Bytes.Length));
        await using var tls = new SslStream(cut, leaveInnerStreamOpen: true);
        var player = new ScriptPlayer(tls, script, random, isPipelined: random.Next(2) == 0);
        try
        {
            await tls.AuthenticateAsClientAsync(OwnConnection.TlsOptions(protocol), cancelled);
            await player.SendAsync(script.Bytes.Length, cancelled);
        }
        catch (Exception e) when (cut.IsCut && e is IOException or AuthenticationException)
        {
            // Behind the cut.
        }

        if (isReset)
        {
            client.Reset();
            return;
        }

        client.Finish();
        if (tls.IsAuthenticated)
        {
            // A body that ends without TLS being told is a failure to the handler that reads it, and no bad request to Kestrel.
            await player.ReadRestAsync([StatusCodes.Status400BadRequest, StatusCodes.Status500InternalServerError], cancelled);
        }
        else
        {
            _ = await client.ReadToEndAsync();
        }
    }

    private static async Task CutHttp2Async(SoakEndPoints server, Random random, bool isReset, CancellationToken cancelled)
    {
        var bytes = random.Next(1 << random.Next(MinHttp2Bits, MaxHttp2Bits));
        using var connection = OwnConnection.CutInClearText(server.Http2, bytes, isReset);
        await Http2Actions.ManyAsync(random, stream => Http2Actions.WholeAsync(connection.Http, stream, cancelled), () => connection.IsCut);
    }
}
