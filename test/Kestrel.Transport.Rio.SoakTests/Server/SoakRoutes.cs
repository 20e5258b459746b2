using System.Globalization;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Kestrel.Transport.Rio.SoakTests.Server;

/// <summary>
/// Handlers of every kind. The second part of a path is how long, or how many bytes. The third is of this request alone, and the answer
/// depends on it: no answer, and no part of one, is right for two requests.
/// </summary>
internal static class SoakRoutes
{
    public const string Short = "short";
    public const string Block = "block";
    public const string Spin = "spin";
    public const string Wait = "wait";
    public const string Stream = "stream";
    public const string Chunks = "chunks";
    public const string Upload = "upload";
    public const string Abort = "abort";
    public const string Throw = "throw";
    public const string Fail = "fail";
    public const string Rated = "rated";
    public const string Echo = "echo";
    public const string Certificate = "certificate";

    private const int EchoSize = 3000;

    // What the silent send before they are has not the rate when the grace is over, which is as short as Kestrel, which looks once a second, allows.
    private static readonly MinDataRate s_rate = new(bytesPerSecond: 1000, gracePeriod: TimeSpan.FromSeconds(2));

    // Never set: waiting for it blocks the thread in the kernel, as a blocking call does.
    private static readonly ManualResetEvent s_never = new(initialState: false);

    public static string Path(string route, int amount, int salt) => string.Create(CultureInfo.InvariantCulture, $"/{route}/{amount}/{salt}");

    public static string Greeting(int salt) => string.Create(CultureInfo.InvariantCulture, $"Hello, {salt}!");

    public static async Task RespondAsync(HttpContext context)
    {
        var parts = context.Request.Path.Value!.Split('/');
        var amount = int.Parse(parts[2], CultureInfo.InvariantCulture);
        var salt = int.Parse(parts[3], CultureInfo.InvariantCulture);
        switch (parts[1])
        {
            case Block:
                s_never.WaitOne(amount);
                await AnswerAsync(context, salt);
                break;
            case Spin:
                SpinFor(TimeSpan.FromMilliseconds(amount));
                await AnswerAsync(context, salt);
                break;
            case Wait:
                await Task.Delay(amount, context.RequestAborted);
                await AnswerAsync(context, salt);
                break;
            case Stream:
                await StreamAsync(context, amount, salt);
                break;
            case Chunks:
                // Without the length before it: in chunks, or until the connection ends.
                await Pattern.WriteAsync(context.Response.BodyWriter, amount, salt, context.RequestAborted);
                break;
            case Upload:
                await context.Response.WriteAsync(await Pattern.DigestAsync(context.Request.Body, context.RequestAborted));
                break;
            case Abort:
                context.Response.ContentLength = amount + 1;
                await Pattern.WriteAsync(context.Response.BodyWriter, amount, salt, context.RequestAborted);
                context.Abort();
                throw GoneBeforeKestrelKnows();
            case Throw:
                throw new HandlerException();
            case Fail:
                // Known to be longer, or of no known length.
                context.Response.ContentLength = salt % 2 == 0 ? amount + 1 : null;
                await Pattern.WriteAsync(context.Response.BodyWriter, amount, salt, context.RequestAborted);
                throw new HandlerException();
            case Rated:
                context.Features.GetRequiredFeature<IHttpMinRequestBodyDataRateFeature>().MinDataRate = s_rate;
                await context.Response.WriteAsync(await Pattern.DigestAsync(context.Request.Body, context.RequestAborted));
                break;
            case Echo:
                await EchoAsync(context, amount);
                break;
            case Certificate:
                var certificate = await context.Connection.GetClientCertificateAsync(context.RequestAborted);
                await context.Response.WriteAsync(certificate?.Thumbprint ?? "none");
                break;
            default:
                await AnswerAsync(context, salt);
                break;
        }
    }

    private static async Task EchoAsync(HttpContext context, int messages)
    {
        using var socket = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[EchoSize];
        while (messages > 0)
        {
            var result = await socket.ReceiveAsync(buffer.AsMemory(), context.RequestAborted);
            if (result.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseOutputAsync(socket.CloseStatus!.Value, socket.CloseStatusDescription, context.RequestAborted);
                return;
            }

            await socket.SendAsync(buffer.AsMemory(0, result.Count), result.MessageType, result.EndOfMessage, context.RequestAborted);
            messages -= result.EndOfMessage ? 1 : 0;
        }

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, context.RequestAborted);
    }

    private static async Task StreamAsync(HttpContext context, int length, int salt)
    {
        context.Response.ContentLength = length;
        await Pattern.WriteAsync(context.Response.BodyWriter, length, salt, context.RequestAborted);
        if ((await context.Response.BodyWriter.FlushAsync(context.RequestAborted)).IsCompleted)
        {
            throw GoneBeforeKestrelKnows();
        }
    }

    /// <summary>Kestrel, who may not know yet that the client is gone, would count the bytes of a handler that ends well.</summary>
    private static OperationCanceledException GoneBeforeKestrelKnows() => new("Nobody reads any more.");

    private static Task AnswerAsync(HttpContext context, int salt)
    {
        var greeting = Greeting(salt);
        context.Response.ContentLength = greeting.Length;
        return context.Response.WriteAsync(greeting);
    }

    private static void SpinFor(TimeSpan time)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(start) < time)
        {
            Thread.SpinWait(100);
        }
    }
}
