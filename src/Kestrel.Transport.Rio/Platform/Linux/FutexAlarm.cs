using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Platform.Linux;

/// <summary>
/// futex(2), without the runtime's own layers around it. A thread that wakes for a moment on a busy processor would load their code into
/// its caches.
/// </summary>
internal sealed unsafe class FutexAlarm : Alarm
{
    private const int NotSet = 0;
    private const int IsSet = 1;

    // Pinned, for the kernel is told its address; an object of the heap, for who sets it may come late.
    private readonly int[] _word = GC.AllocateArray<int>(1, pinned: true);

    /// <summary>Whether the number of the call is known here for this processor: it is older than the rule that all have the same.</summary>
    public static bool IsSupported => ThreadCalls.HasFutex;

    public override void Set()
    {
        if (Interlocked.Exchange(ref _word[0], IsSet) == NotSet)
        {
            fixed (int* word = _word)
            {
                ThreadCalls.FutexWake(word);
            }
        }
    }

    public override void Wait()
    {
        while (!TryReset())
        {
            Sleep(null);
        }
    }

    public override void Wait(TimeSpan time)
    {
        if (!TryReset())
        {
            var timeout = new KernelTimespec(time);
            Sleep(&timeout);
            TryReset();
        }
    }

    private bool TryReset() => Interlocked.Exchange(ref _word[0], NotSet) == IsSet;

    private void Sleep(KernelTimespec* timeout)
    {
        fixed (int* word = _word)
        {
            // The kernel compares before it sleeps: a set in between is not lost.
            ThreadCalls.FutexWait(word, NotSet, timeout);
        }
    }
}
