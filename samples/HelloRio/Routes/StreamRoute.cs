using System.Globalization;
using System.Text;

namespace HelloRio.Routes;

/// <summary>Answers <c>count</c> lines, each flushed by itself, with <c>delay</c> milliseconds between them.</summary>
internal static class StreamRoute
{
    private const int DefaultCount = 10;
    private const int MostLines = 1_000_000;
    private const int DefaultDelay = 100;
    private const int LongestDelay = 60_000;

    public static async Task RespondAsync(HttpContext context)
    {
        if (!TryRead(context.Request.Query["count"], DefaultCount, MostLines, out var count)
            || !TryRead(context.Request.Query["delay"], DefaultDelay, LongestDelay, out var delay))
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            await context.Response.WriteAsync(
                $"count must be a number from 0 to {MostLines}, delay one of milliseconds from 0 to {LongestDelay}\n");
            return;
        }

        context.Response.ContentType = "text/plain";
        var stopping = context.RequestServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await WriteLinesAsync(context.Response, count, TimeSpan.FromMilliseconds(delay), ended.Token);
        }
        catch (OperationCanceledException)
        {
            // A stream that is cut short must not end like a whole one.
            context.Abort();
        }
    }

    private static async Task WriteLinesAsync(
        HttpResponse response,
        int count,
        TimeSpan delay,
        CancellationToken ended)
    {
        for (var line = 1; line <= count; line++)
        {
            if (line > 1 && delay > TimeSpan.Zero)
            {
                await Task.Delay(delay, ended);
            }

            Encoding.UTF8.GetBytes($"line {line} of {count}\n", response.BodyWriter);
            await response.BodyWriter.FlushAsync(ended);
        }
    }

    private static bool TryRead(string? given, int otherwise, int most, out int number)
    {
        number = otherwise;
        return given is null
            || (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most);
    }
}
