namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>What <c>CompletionQueue.Wait</c> does in the simulation when nothing is ready.</summary>
internal enum WaitMode
{
    /// <summary>One pass, then it returns, as a wait may do "for no reason": one thread can step poller and peers in turns.</summary>
    Step,

    /// <summary>Sleeps until a peer acts, somebody wakes it or the time is over: for a poller on a thread of its own.</summary>
    Block,
}
