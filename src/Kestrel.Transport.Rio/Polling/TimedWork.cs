using System.Diagnostics;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Application work of an adaptive connection on its way through the thread pool. How long it takes says whether the connection
/// may come back to its poller.
/// </summary>
internal sealed class TimedWork(in ReadyWork work)
{
    public static readonly Action<object?> Run = static state => ((TimedWork)state!).RunAndTell();

    private readonly ReadyWork _work = work;

    private void RunAndTell()
    {
        var start = Stopwatch.GetTimestamp();
        try
        {
            _work.Action(_work.State);
        }
        finally
        {
            _work.Source!.OnRanOnPool(Stopwatch.GetElapsedTime(start));
        }
    }
}
