namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// What application code can leave behind on a thread. The thread pool clears it away after each work item, and so do threads
/// that lead.
/// </summary>
internal static class ThreadLeftovers
{
    private static readonly ExecutionContext s_default = CaptureDefault();

    /// <summary>The culture goes with the execution context.</summary>
    public static void Clear()
    {
        // Both are reads of the current thread's fields, unless there is something to do.
        if (!ReferenceEquals(ExecutionContext.Capture(), s_default))
        {
            ExecutionContext.Restore(s_default);
        }

        if (SynchronizationContext.Current is not null)
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    private static ExecutionContext CaptureDefault()
    {
        // A thread that was started without its starter's context has the default one.
        ExecutionContext? context = null;
        var thread = new Thread(() => context = ExecutionContext.Capture());
        thread.UnsafeStart();
        thread.Join();
        return context!;
    }
}
