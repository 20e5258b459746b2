using System.Globalization;
using System.Security.Cryptography;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>The application most scenarios talk to. Its answers let a client check every byte in both directions.</summary>
public static class TestApp
{
    public static Task HandleAsync(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        var path = context.Request.Path.Value ?? "/";
        return path switch
        {
            "/hash" => HashAsync(context),
            "/echo" => EchoAsync(context),
            "/bytes" => BytesAsync(context),
            _ when path.StartsWith("/text/", StringComparison.Ordinal) => TextAsync(context, path["/text/".Length..]),
            _ => TextAsync(context, "hello"),
        };
    }

    /// <summary>Answers with the length of the body and its SHA-256.</summary>
    private static async Task HashAsync(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        while (true)
        {
            var result = await context.Request.BodyReader.ReadAsync(context.RequestAborted);
            foreach (var segment in result.Buffer)
            {
                hash.AppendData(segment.Span);
                length += segment.Length;
            }

            context.Request.BodyReader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        await TextAsync(context, length.ToString(CultureInfo.InvariantCulture) + " " + Convert.ToHexString(hash.GetHashAndReset()));
    }

    /// <summary>Sends the body back while it comes in.</summary>
    private static async Task EchoAsync(HttpContext context)
    {
        context.Response.ContentLength = context.Request.ContentLength;
        await context.Request.BodyReader.CopyToAsync(context.Response.BodyWriter, context.RequestAborted);
    }

    /// <summary>Sends the first <c>n</c> bytes of <see cref="Pattern"/>, with <c>chunked</c> without their length.</summary>
    private static async Task BytesAsync(HttpContext context)
    {
        var length = long.Parse(context.Request.Query["n"]!, CultureInfo.InvariantCulture);
        if (!context.Request.Query.ContainsKey("chunked"))
        {
            context.Response.ContentLength = length;
        }

        // Without this an empty response would get a Content-Length of 0.
        await context.Response.StartAsync(context.RequestAborted);
        await Pattern.WriteAsync(context.Response.BodyWriter, length, context.RequestAborted);
    }

    private static Task TextAsync(HttpContext context, string text)
    {
        context.Response.ContentType = "text/plain";
        context.Response.ContentLength = text.Length;
        return context.Response.WriteAsync(text, context.RequestAborted);
    }
}
