using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>A thread of which the system shows what the test says.</summary>
internal sealed class ToldActivity : ThreadActivity
{
    private long _processorTicks;

    public override bool IsRunnable => MayRun;

    public bool MayRun { get; init; }

    /// <summary>It has had a processor for so long each time that somebody asks.</summary>
    public TimeSpan Pace { get; init; }

    public override TimeSpan ProcessorTime => new(Interlocked.Add(ref _processorTicks, Pace.Ticks));

    /// <summary>Nobody else ever has a processor that it lacks.</summary>
    public ThreadTimes Times => new(ProcessorTime, TimeSpan.Zero);

    public void Run(TimeSpan time) => Interlocked.Add(ref _processorTicks, time.Ticks);

    public override void Dispose()
    {
        // One stands for all threads of the test.
    }
}
