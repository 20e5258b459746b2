namespace PlatformBenchmarks.Routes;

/// <summary><c>/blocking</c>: holds its thread for 5 ms in one request of 100, as a careless application does.</summary>
internal static class BlockingRoute
{
    private const int OneOf = 100;
    private static readonly TimeSpan s_hold = TimeSpan.FromMilliseconds(5);

    // Never set: waiting for it blocks the thread in the kernel, as a blocking call does.
    private static readonly ManualResetEvent s_never = new(initialState: false);

    private static int s_requests;

    public static Task RespondAsync(HttpContext context)
    {
        if ((uint)Interlocked.Increment(ref s_requests) % OneOf == 0)
        {
            s_never.WaitOne(s_hold);
        }

        return PlaintextRoute.RespondAsync(context);
    }
}
