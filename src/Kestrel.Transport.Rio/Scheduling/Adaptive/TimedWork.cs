using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// Application work of an adaptive connection that does not run on its poller. How long it takes, and whether it waits or computes, says
/// whether the connection may come back, and where it runs until then.
/// </summary>
/// <param name="work">What is run.</param>
/// <param name="readThreadTimes">What the calling thread has had of the machine; null where that is not asked for.</param>
internal sealed class TimedWork(in ReadyWork work, Func<ThreadTimes?>? readThreadTimes)
{
    public static readonly Action<object?> Run = static state => ((TimedWork)state!).RunAndTell();

    private readonly ReadyWork _work = work;

    public AdaptiveScheduler Source => _work.Source!;

    public void RunAndTell()
    {
        var start = Stopwatch.GetTimestamp();
        var pauses = GC.GetTotalPauseDuration();
        var times = readThreadTimes?.Invoke();
        _work.Run();

        // While the process is paused, a thread that computes waits.
        pauses = GC.GetTotalPauseDuration() - pauses;
        Source.OnRanElsewhere(Stopwatch.GetElapsedTime(start) - pauses, readThreadTimes?.Invoke() - times);
    }
}
