using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>
/// Application work of which it is known that it waits, on a thread of the crew. On the thread pool it would keep a thread that others
/// need, and the pool takes seconds to find out that it wants more.
/// </summary>
internal sealed class AsideWork(TimedWork work, PollerOverload countedBy) : IThreadAssignment
{
    public bool Run(ThreadActivity? activity)
    {
        work.RunAndReport();
        return true;
    }

    public void OnThreadBack() => countedBy.OnAsideThreadBack();
}
