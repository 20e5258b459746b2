using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>
/// One direction of a request queue: requests complete in the order in which they were posted, and only the first may go
/// on. Guarded by the machine's gate.
/// </summary>
internal sealed class SimulatedDirection(SimulatedIo io, SimulatedConnection connection)
{
    private readonly Queue<SimulatedRequest> _requests = new();

    public void Post(SimulatedRequest request) => _requests.Enqueue(request);

    public void CommitDeferred() => Promote(RequestStage.Deferred, NextAfterCommit);

    public void StartCommitted() => Promote(RequestStage.Committed, RequestStage.Running);

    /// <summary>Gives every request that has no result yet the one of a closed socket.</summary>
    public void Abort(long pass)
    {
        foreach (var request in _requests)
        {
            if (request.Stage != RequestStage.Ended)
            {
                request.End(SocketError.OperationAborted, Due(pass));
            }
        }
    }

    /// <summary>Lets the first request go on, and hands over what has become due.</summary>
    /// <returns>Whether a later pass would get further without anybody's doing.</returns>
    public bool Advance(long pass, Action<SimulatedRequest> completed)
    {
        while (_requests.TryPeek(out var request))
        {
            if (request.Stage == RequestStage.Running)
            {
                Run(request, pass);
            }

            if (request.Stage != RequestStage.Ended)
            {
                return request.Stage == RequestStage.Running && connection.CanAdvance(request);
            }

            if (request.DuePass > pass)
            {
                return true;
            }

            _requests.Dequeue();
            completed(request);
        }

        return false;
    }

    private RequestStage NextAfterCommit => io.Options.StartsAtCommit ? RequestStage.Running : RequestStage.Committed;

    private void Run(SimulatedRequest request, long pass)
    {
        if (!connection.CanAdvance(request) || io.Random.Chance(io.Options.HesitationChance))
        {
            return;
        }

        if (connection.Advance(request) is { } status)
        {
            request.End(status, Due(pass));
        }
    }

    private long Due(long pass) => pass + io.Random.Below(io.Options.MaxLateness + 1);

    private void Promote(RequestStage from, RequestStage to)
    {
        foreach (var request in _requests)
        {
            if (request.Stage == from)
            {
                request.Stage = to;
            }
        }
    }
}
