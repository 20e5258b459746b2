namespace Kestrel.Transport.Rio.Platform;

/// <summary>What a thread has had of the machine since its start. It has waited for something else in the rest of its time.</summary>
/// <param name="Ran">How long it had a processor.</param>
/// <param name="LackedProcessor">How long it could have run, and others had the processors.</param>
internal readonly record struct ThreadTimes(TimeSpan Ran, TimeSpan LackedProcessor)
{
    public static ThreadTimes operator -(ThreadTimes end, ThreadTimes start)
        => new(end.Ran - start.Ran, end.LackedProcessor - start.LackedProcessor);
}
