namespace Kestrel.Transport.Rio.Platform;

/// <summary>
/// Makes timers and the like, which otherwise capture the execution context of whoever makes them, run in it, and keep alive what
/// is in it.
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
