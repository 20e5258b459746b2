namespace PlatformBenchmarks.Routes;

/// <summary>
/// <c>/async</c>: awaits something that is not done and resumes on the thread pool, as the answer of a database does, and
/// then answers like <c>/plaintext</c>.
/// </summary>
internal static class AsyncRoute
{
    public static async Task RespondAsync(HttpContext context)
    {
        // Goes through the pool's global queue, as a completion from outside of the pool does.
        await Task.Yield();
        await PlaintextRoute.RespondAsync(context);
    }
}
