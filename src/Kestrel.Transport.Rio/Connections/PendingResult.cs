using System.Runtime.CompilerServices;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// A pipe's answer that may come later: it is taken immediately, or after the callback in another place. That is what an await does,
/// without the state machine and on the poller's own terms.
/// </summary>
internal struct PendingResult<T>
{
    private ConfiguredValueTaskAwaitable<T>.ConfiguredValueTaskAwaiter _awaiter;

#pragma warning disable VSTHRD002 // The result is there: IsCompleted said so, or the callback has run.
#pragma warning disable CA2012 // The task is consumed once: here, or through Take after the callback.
    /// <summary>True with the result; or false, and <paramref name="callback"/> will run, on any thread, before <see cref="Take"/>.</summary>
    public bool TryGet(ValueTask<T> task, Action callback, out T result)
    {
        var awaiter = task.ConfigureAwait(false).GetAwaiter();
        if (awaiter.IsCompleted)
        {
            result = awaiter.GetResult();
            return true;
        }

        result = default!;
        _awaiter = awaiter;
        awaiter.UnsafeOnCompleted(callback);
        return false;
    }

    public readonly T Take() => _awaiter.GetResult();
#pragma warning restore CA2012
#pragma warning restore VSTHRD002
}
