namespace PlatformBenchmarks.Routes;

/// <summary><c>/upload</c>: reads the body to its end, keeps nothing of it, and answers like <c>/plaintext</c>.</summary>
internal static class UploadRoute
{
    public static async Task RespondAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        while (true)
        {
            var read = await body.ReadAsync();
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        await PlaintextRoute.RespondAsync(context);
    }
}
