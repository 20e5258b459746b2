namespace Kestrel.Transport.Rio.Polling;

/// <summary>Has bytes to receive or to send, and found no registered memory to do it with.</summary>
internal interface IStarved
{
    /// <summary>There is memory again, or was a moment ago. The poller's thread only.</summary>
    /// <param name="evenWithoutRoom">It has waited for so long that it may have memory beyond the pool's limit.</param>
    /// <returns>False when it does not want any more: its connection has ended meanwhile.</returns>
    bool Retry(bool evenWithoutRoom);
}
