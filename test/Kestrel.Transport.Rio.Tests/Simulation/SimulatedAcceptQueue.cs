using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Simulation;

internal sealed class SimulatedAcceptQueue(
    SimulatedIo io, SimulatedCompletionQueue completionQueue, Socket listenSocket, ulong socketContext) : AcceptQueue
{
    private readonly SimulatedListener _listener = io.ListenerOf(listenSocket);
    private readonly Dictionary<ulong, SimulatedConnection> _accepted = [];
    private bool _isOpen;
    private bool _armed;
    private bool _ending;
    private bool _closed;
    private long _abortDue;

    public ulong SocketContext => socketContext;

    public override bool IsArmed
    {
        get
        {
            lock (io.Gate)
            {
                return _armed;
            }
        }
    }

    public override void Arm()
    {
        lock (io.Gate)
        {
            if (_armed || _closed)
            {
                throw new InvalidOperationException("The accept queue is armed already, or closed.");
            }

            ObjectDisposedException.ThrowIf(!_isOpen && listenSocket.SafeHandle.IsClosed, listenSocket);
            _isOpen = true;

            _armed = true;
            _ending = false;
            completionQueue.OnRequestQueued();
            io.Changed();
        }
    }

    public override AcceptedSocket TakeAccepted(in RioResult result)
    {
        lock (io.Gate)
        {
            return _accepted.Remove(result.RequestContext, out var connection)
                ? io.Release(connection)
                : throw new InvalidOperationException("This completion's socket was taken already.");
        }
    }

    public override void Close()
    {
        lock (io.Gate)
        {
            if (_closed)
            {
                return;
            }

            _closed = true;
            _abortDue = completionQueue.CurrentPass + io.Random.Below(io.Options.MaxLateness + 1);
            if (!_armed)
            {
                completionQueue.Remove(this);
            }

            io.Changed();
        }
    }

    /// <returns>Whether a later pass would get further without anybody's doing.</returns>
    public bool Advance(long pass)
    {
        if (!_armed || _ending)
        {
            return false;
        }

        if (_closed)
        {
            if (pass < _abortDue)
            {
                return true;
            }

            End(SocketError.OperationAborted);
            return false;
        }

        if (!IsListening)
        {
            End(SocketError.InvalidArgument);
            return false;
        }

        if (_listener.Backlog.Count == 0)
        {
            return false;
        }

        if (io.Random.Chance(io.Options.HesitationChance))
        {
            return true;
        }

        if (io.Random.Chance(io.Options.AcceptErrorChance))
        {
            End(SocketError.TooManyOpenSockets);
            return false;
        }

        var connection = _listener.Backlog.Dequeue();
        var requestContext = (ulong)connection.Handle;
        _accepted.Add(requestContext, connection);
        completionQueue.OnRequestQueued();
        completionQueue.Enqueue(new ReadyCompletion(new RioResult(SocketError.Success, 0, socketContext, requestContext)));
        return _listener.Backlog.Count > 0;
    }

    /// <summary>The completion that ends it has been dequeued.</summary>
    public void Disarm()
    {
        _armed = false;
        if (_closed)
        {
            completionQueue.Remove(this);
        }
    }

    /// <summary>A socket that was disposed since the first call listens still: the queue has a handle of its own.</summary>
    private bool IsListening
        => listenSocket.SafeHandle.IsClosed || listenSocket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.AcceptConnection) is not 0;

    private void End(SocketError status)
    {
        _ending = true;
        completionQueue.Enqueue(new ReadyCompletion(new RioResult(status, 0, socketContext, 0)) { EndedAccepts = this });
    }
}
