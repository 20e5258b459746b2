namespace Kestrel.Transport.Rio.Polling;

/// <summary>Tells a poller that one call of application code holds from one that is slow, or has no processor. Any thread.</summary>
internal readonly struct CallWatch(CompletionPoller poller)
{
    private readonly long _word = poller.Runner.CallWord;

    /// <summary>The poller is in the same call as when this was made.</summary>
    public bool IsSameCall => (_word & 1) != 0 && poller.Runner.CallWord == _word;
}
