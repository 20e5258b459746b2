using System.Net.WebSockets;
using System.Security.Authentication;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>The many ways in which clients say that a connection has ended, or was not to be had.</summary>
internal static class EndedConnection
{
    public static bool Is(Exception error) => error switch
    {
        SocketException or IOException or WebSocketException or HttpRequestException or AuthenticationException or ObjectDisposedException => true,

        // As the clients of the functional tests say it.
        Xunit.Sdk.IAssertionException when error.Message.Contains("ended the connection", StringComparison.Ordinal) => true,
        AggregateException several => several.InnerExceptions.All(Is),
        _ => error.InnerException is { } inner && Is(inner),
    };
}
