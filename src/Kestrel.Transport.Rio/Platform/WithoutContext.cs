namespace Kestrel.Transport.Rio.Platform;

/// <summary>
/// Makes timers and similar objects without the execution context of the caller. With it they would run in it, and keep its values alive.
/// </summary>
internal static class WithoutContext
{
    public static T Make<T>(Func<T> make)
    {
        if (ExecutionContext.IsFlowSuppressed())
        {
            return make();
        }

        using (ExecutionContext.SuppressFlow())
        {
            return make();
        }
    }
}
