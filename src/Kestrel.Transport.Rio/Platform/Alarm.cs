namespace Kestrel.Transport.Rio.Platform;

/// <summary>
/// What one thread sleeps on until it is roused or its time is over. Setting it again before it was waited for is setting it once. Nobody
/// has to dispose it: who sets it may come late.
/// </summary>
internal abstract class Alarm
{
    /// <summary>Ends the wait, or the next one. Any thread.</summary>
    public abstract void Set();

    /// <summary>Returns when it is set.</summary>
    public abstract void Wait();

    /// <summary>Returns when it is set or after this time. It may return sooner, without a set.</summary>
    public abstract void Wait(TimeSpan time);
}
