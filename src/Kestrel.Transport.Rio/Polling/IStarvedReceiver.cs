namespace Kestrel.Transport.Rio.Polling;

/// <summary>Has data to receive and found no registered memory to receive it into.</summary>
internal interface IStarvedReceiver
{
    /// <summary>There is memory again, or was a moment ago. The poller's thread only.</summary>
    void Retry();
}
