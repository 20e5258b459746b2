namespace PlatformBenchmarks.Routes;

/// <summary><c>/plaintext</c> by TechEmpower's rules: Server, Date, Content-Type and Content-Length, and thirteen bytes.</summary>
internal static class PlaintextRoute
{
    private static ReadOnlySpan<byte> Body => "Hello, World!"u8;

    public static Task RespondAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "text/plain";
        response.ContentLength = Body.Length;

        // No flush: Kestrel flushes at the end of a request, and once for several that came pipelined.
        var output = response.BodyWriter;
        Body.CopyTo(output.GetSpan(Body.Length));
        output.Advance(Body.Length);
        return Task.CompletedTask;
    }
}
