using Kestrel.Transport.Rio.Torture.Server;

namespace Kestrel.Transport.Rio.Torture.Clients;

/// <summary>Everything that clients do with connections that are their own from the beginning to the end, in every protocol but HTTP/1.1.</summary>
internal static class ConnectionActions
{
    public static IReadOnlyList<ConnectionAction> All { get; } = [.. Http2Actions.All, .. TlsActions.All, .. StormActions.All];

    /// <summary>One request in each protocol, on a connection that is closed behind it.</summary>
    public static async Task VisitAsync(TortureEndPoints server, CancellationToken cancelled)
    {
        using (var client = await RawClient.ConnectAsync(server.Http1, cancelled))
        {
            await client.GetAsync($"/{TortureRoutes.Short}/0");
            Expect.Hello(await client.ReadReplyAsync());
        }

        using (var http2 = OwnConnection.InClearText(server.Http2))
        {
            await HttpExchanges.HelloAsync(http2.Http, TortureRoutes.Short, 0, cancelled);
        }

        using var tls = OwnConnection.InTls(server.Tls, System.Security.Authentication.SslProtocols.None, HttpVersion.Version11);
        await HttpExchanges.HelloAsync(tls.Http, TortureRoutes.Short, 0, cancelled);
    }
}
