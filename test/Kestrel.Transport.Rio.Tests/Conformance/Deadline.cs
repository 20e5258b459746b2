using System.Diagnostics;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>How long a test waits for what must come. Long, because it passes only when something is broken.</summary>
internal readonly struct Deadline
{
    public static readonly TimeSpan Length = TimeSpan.FromSeconds(20);

    private readonly long _start = Stopwatch.GetTimestamp();

    public Deadline()
    {
    }

    public bool IsOver => Stopwatch.GetElapsedTime(_start) > Length;
}
