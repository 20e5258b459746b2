using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Application work of which it is known that it waits, on a thread of the crew. On the thread pool it would keep a thread that others
/// need, and the pool takes seconds to find out that it wants more.
/// </summary>
internal sealed class AsideWork(in ReadyWork work, FallbackToPool countedBy) : ICrewDuty
{
    private readonly ReadyWork _work = work;

    public bool Perform(ThreadActivity? activity)
    {
        var start = Stopwatch.GetTimestamp();
        var processorTime = activity?.ProcessorTime ?? TimeSpan.Zero;
        _work.Run();
        ThreadLeftovers.Clear();
        processorTime = (activity?.ProcessorTime ?? TimeSpan.Zero) - processorTime;
        _work.Source!.OnRanAside(Stopwatch.GetElapsedTime(start), processorTime);
        return true;
    }

    public void OnThreadBack() => countedBy.OnAsideThreadBack();
}
