using System.Diagnostics;
using System.Globalization;

namespace PlatformBenchmarks.Routes;

/// <summary>
/// <c>/block/{ms}</c> holds its thread in the kernel for so long, <c>/spin/{ms}</c> the processor, in every request.
/// </summary>
internal static class HoldingRoute
{
    public const string BlockPrefix = "/block/";
    public const string SpinPrefix = "/spin/";

    private const int Longest = 60_000;
    private const int SpinsBetweenLooks = 100;

    // Never set: waiting for it blocks the thread in the kernel, as a blocking call does.
    private static readonly ManualResetEvent s_never = new(initialState: false);

    public static Task BlockAsync(HttpContext context, string path)
    {
        if (TryGetTime(path, BlockPrefix, out var time))
        {
            s_never.WaitOne(time);
            return PlaintextRoute.RespondAsync(context);
        }

        return RefuseAsync(context);
    }

    public static Task SpinAsync(HttpContext context, string path)
    {
        if (TryGetTime(path, SpinPrefix, out var time))
        {
            var start = Stopwatch.GetTimestamp();
            while (Stopwatch.GetElapsedTime(start) < time)
            {
                Thread.SpinWait(SpinsBetweenLooks);
            }

            return PlaintextRoute.RespondAsync(context);
        }

        return RefuseAsync(context);
    }

    private static bool TryGetTime(string path, string prefix, out TimeSpan time)
    {
        var isTime = int.TryParse(path.AsSpan(prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            && milliseconds <= Longest;
        time = TimeSpan.FromMilliseconds(milliseconds);
        return isTime;
    }

    private static Task RefuseAsync(HttpContext context)
    {
        context.Response.StatusCode = StatusCodes.Status400BadRequest;
        return Task.CompletedTask;
    }
}
