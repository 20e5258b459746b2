namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

internal enum InterleavingStepKind
{
    /// <summary>Application work that returns at once.</summary>
    Work,

    /// <summary>The same, scheduled by another thread than the leader.</summary>
    WorkOfAnotherThread,

    /// <summary>Application work that blocks until it is released.</summary>
    Block,

    /// <summary>Application work that posts to its own poller, and waits until that has been executed.</summary>
    SelfCall,

    /// <summary>Another thread posts.</summary>
    Post,

    /// <summary>Time passes and the watch looks.</summary>
    Look,

    /// <summary>The watch tries to fall asleep; where it does, the next call has to rouse it.</summary>
    FallAsleep,

    /// <summary>The work that has blocked longest is released.</summary>
    Release,

    /// <summary>Everything that nobody blocks has to be done before it goes on.</summary>
    Settle,
}
