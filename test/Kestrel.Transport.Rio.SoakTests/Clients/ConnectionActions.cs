using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Everything that clients do with connections that are their own from the beginning to the end, in every protocol.</summary>
internal static class ConnectionActions
{
    public static IReadOnlyList<ConnectionAction> All { get; } = [.. Http2Actions.All, .. TlsActions.All, .. CutActions.All, .. StormActions.All];

    /// <summary>One request in each protocol, on a connection that is closed behind it.</summary>
    public static async Task VisitAsync(SoakEndPoints server, CancellationToken cancelled)
    {
        using (var client = await RawClient.ConnectAsync(server.Http1, cancelled))
        {
            await client.GetAsync(SoakRoutes.Path(SoakRoutes.Short, 0, salt: 1));
            Expect.Greeting(await client.ReadReplyAsync(), salt: 1);
        }

        using (var http2 = OwnConnection.InClearText(server.Http2))
        {
            await HttpExchanges.GreetingAsync(http2.Http, SoakRoutes.Short, 0, salt: 2, cancelled);
        }

        using var tls = OwnConnection.InTls(server.Tls, System.Security.Authentication.SslProtocols.None, HttpVersion.Version11);
        await HttpExchanges.GreetingAsync(tls.Http, SoakRoutes.Short, 0, salt: 3, cancelled);
    }
}
