using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Application work of which it is known that it waits, on a thread of the crew. On the thread pool it would keep a thread that others
/// need, and the pool takes seconds to find out that it wants more.
/// </summary>
internal sealed class AsideWork(TimedWork work, FallbackToPool countedBy) : ICrewDuty
{
    public bool Perform(ThreadActivity? activity)
    {
        work.RunAndTell();
        return true;
    }

    public void OnThreadBack() => countedBy.OnAsideThreadBack();
}
