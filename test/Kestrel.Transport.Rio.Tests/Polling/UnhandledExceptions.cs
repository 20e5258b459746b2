using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;
using Kestrel.Transport.Rio.Tests.Conformance;

namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>
/// Exceptions that nobody catches and that would end the process. The handler can be set once in the life of a process, so
/// it is here for all tests, and takes only those that a test has announced.
/// </summary>
internal static class UnhandledExceptions
{
    private static readonly ConcurrentDictionary<Exception, TaskCompletionSource> s_announced = new(ReferenceEqualityComparer.Instance);

    static UnhandledExceptions() => ExceptionHandling.SetUnhandledExceptionHandler(Handle);

    /// <summary>Completes when the exception has reached the end of its thread.</summary>
    public static Task Announce(Exception exception)
        => s_announced.GetOrAdd(exception, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously))
            .Task.WaitAsync(Deadline.Length);

    private static bool Handle(Exception exception)
    {
        if (!s_announced.TryRemove(exception, out var seen))
        {
            return false;
        }

        seen.SetResult();
        return true;
    }
}
