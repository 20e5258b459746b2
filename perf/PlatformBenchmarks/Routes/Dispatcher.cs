namespace PlatformBenchmarks.Routes;

/// <summary>From the path to what answers it.</summary>
internal static class Dispatcher
{
    public static Task RespondAsync(HttpContext context)
    {
        var path = context.Request.Path.Value;
        return path switch
        {
            "/plaintext" => PlaintextRoute.RespondAsync(context),
            "/json" => JsonRoute.RespondAsync(context),
            "/async" => AsyncRoute.RespondAsync(context),
            "/blocking" => BlockingRoute.RespondAsync(context),
            "/upload" => UploadRoute.RespondAsync(context),
            _ when path is not null && path.StartsWith(BytesRoute.Prefix, StringComparison.Ordinal) =>
                BytesRoute.RespondAsync(context, path),
            _ when path is not null && path.StartsWith(HoldingRoute.BlockPrefix, StringComparison.Ordinal) =>
                HoldingRoute.BlockAsync(context, path),
            _ when path is not null && path.StartsWith(HoldingRoute.SpinPrefix, StringComparison.Ordinal) =>
                HoldingRoute.SpinAsync(context, path),
            _ => NotFound(context),
        };
    }

    private static Task NotFound(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    }
}
