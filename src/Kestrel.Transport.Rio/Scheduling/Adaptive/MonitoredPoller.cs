using System.Diagnostics;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>What the watch knows of one poller's leader. The watch's thread only.</summary>
internal sealed class MonitoredPoller(PollerThread thread)
{
    private TimeSpan? _processorTime;

    public PollerThread Thread => thread;

    public AdaptiveRunner Runner { get; } = (AdaptiveRunner)thread.Poller.Runner;

    /// <summary>The word of the role as it was seen last.</summary>
    public long Mark { get; private set; }

    /// <summary>Since when it has been seen, without what is excused.</summary>
    public long Since { get; private set; }

    /// <summary>How long the garbage collector had paused the process by then.</summary>
    public TimeSpan Pauses { get; private set; }

    public int Excuses { get; private set; }

    /// <summary>Nothing has been called since the last look. Any moment may be the last of it.</summary>
    public bool IsQuiet => Runner.Role.Word == Mark && !LeaderRole.IsMark(Mark);

    /// <summary>For how long the leader has been calling application code in its pass; zero where it calls none at the moment.</summary>
    public TimeSpan TimeInCalls(long now) => LeaderRole.IsMark(Mark) ? Stopwatch.GetElapsedTime(Runner.CallsBegan, now) : TimeSpan.Zero;

    /// <summary>True when something has happened since the last time.</summary>
    public bool See(long now, TimeSpan pauses)
    {
        var word = Runner.Role.Word;
        if (word == Mark)
        {
            return false;
        }

        Mark = word;
        Since = now;
        Pauses = pauses;
        Excuses = 0;
        _processorTime = null;
        return true;
    }

    /// <summary>
    /// Whether the leader is only so late because others have the processor: it does not wait for anything else, and since this
    /// was asked first it has not had one for so long. Where the system does not tell, that is never so.
    /// </summary>
    public bool LacksProcessor(TimeSpan enough)
    {
        if (Runner.Leader is not { IsRunnable: true } leader)
        {
            return false;
        }

        var time = leader.ProcessorTime;
        _processorTime ??= time;
        return time - _processorTime < enough;
    }

    /// <summary>The time begins anew.</summary>
    public void Excuse(long now, TimeSpan pauses)
    {
        Since = now;
        Pauses = pauses;
        Excuses++;
        _processorTime = null;
    }
}
