using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// Application work of an adaptive connection that does not run on its poller. How long it takes, and whether it waits or computes, says
/// whether the connection may come back, and where it runs until then.
/// </summary>
/// <param name="work">What is run.</param>
/// <param name="source">The scheduler of its connection.</param>
/// <param name="readThreadTimes">What the calling thread has had of the machine; null where that is not asked for.</param>
internal sealed class TimedWork(in ReadyWork work, AdaptiveScheduler source, Func<ThreadTimes?>? readThreadTimes)
{
    public static readonly Action<object?> Run = static state => ((TimedWork)state!).RunAndReport();

    private readonly ReadyWork _work = work;

    public AdaptiveScheduler Source => source;

    public void RunAndReport()
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
