namespace Kestrel.Transport.Rio.Polling;

/// <summary>Has data to receive and found no registered memory to receive it into.</summary>
internal interface IStarvedReceiver
{
    /// <summary>There is memory again, or was a moment ago. The poller's thread only.</summary>
    /// <param name="evenWithoutRoom">It has waited for so long that it may have memory beyond the pool's limit.</param>
    void Retry(bool evenWithoutRoom);
}
