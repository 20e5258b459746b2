using Kestrel.Transport.Rio.Scheduling.Adaptive;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>Tells a poller that one call of application code holds from one that is slow, or has no processor. Any thread.</summary>
internal readonly struct CallWatch(CompletionPoller poller)
{
    private readonly long _word = poller.CallWord;

    /// <summary>The poller is in the same call as when this was made.</summary>
    public bool IsSameCall => LeaderRole.IsMark(_word) && poller.CallWord == _word;
}
