using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>A multishot accept on a ring: one submission, and a completion for each connection.</summary>
internal sealed class IoUringAcceptQueue : AcceptQueue, IRingTarget
{
    private readonly IoUringCompletionQueue _completionQueue;
    private readonly Socket _listenSocket;
    private readonly ulong _socketContext;
    private readonly EndPoint? _family;
    private ulong _key;
    private bool _closed;
    private bool _inKernel;
    private bool _isPoll;
    private int _undequeued;

    public IoUringAcceptQueue(IoUringCompletionQueue completionQueue, Socket listenSocket, ulong socketContext)
    {
        _completionQueue = completionQueue;
        _listenSocket = listenSocket;
        _socketContext = socketContext;
        _family = listenSocket.LocalEndPoint;
    }

    public override bool IsArmed => _inKernel || _undequeued > 0;

    private int Descriptor => (int)_listenSocket.SafeHandle.DangerousGetHandle();

    public override void Arm()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (IsArmed)
        {
            throw new InvalidOperationException("The accept queue is armed already.");
        }

        if (_key == 0)
        {
            _key = _completionQueue.AddTarget(this);
        }

        // An armed queue counts as one request until it is disarmed, so that its ring is not disposed under it.
        _completionQueue.OnInternalStarted();
        StartAccept();
    }

    public override AcceptedSocket TakeAccepted(in RioResult result)
    {
        var descriptor = (int)result.RequestContext;
        return new AcceptedSocket(descriptor, Socket: null, _family is null ? null : SocketName.OfPeer(descriptor, _family));
    }

    public override void Close()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        if (_inKernel)
        {
            _completionQueue.Cancel(OperationKind.Accept, _key);
        }
        else
        {
            ReleaseIfDrained();
        }
    }

    public void OnRingCompletion(OperationKind kind, in CompletionEntry completion, ref ResultSink sink)
    {
        _inKernel = (completion.Flags & CompletionFlags.More) != 0;
        if (completion.Result >= 0 && !_isPoll)
        {
            Add(new RioResult(SocketError.Success, 0, _socketContext, (ulong)completion.Result), ref sink);
        }

        if (_inKernel)
        {
            return;
        }

        if (_closed)
        {
            Disarm(SocketError.OperationAborted, ref sink);
        }
        else if (completion.Result >= 0 || Errno.SaysNothingOfTheSocket(completion.Result))
        {
            StartAccept();
        }
        else if (completion.Result == -Errno.TryAgain)
        {
            // The descriptor is non-blocking (an inherited one may be): the kernel then waits only in a poll.
            StartPoll();
        }
        else
        {
            Disarm(Errno.ToSocketError(-completion.Result), ref sink);
        }
    }

    public void OnDequeued()
    {
        _undequeued--;
        ReleaseIfDrained();
    }

    private void StartAccept()
    {
        const ushort MultiShot = 1;
        ref var entry = ref Start(isPoll: false);
        entry.Opcode = Opcode.Accept;
        entry.IoPriority = MultiShot;

        // Not SOCK_NONBLOCK: on a non-blocking socket io_uring fails where it should wait.
        entry.OperationFlags = LibC.SockCloseOnExec;
    }

    private void StartPoll()
    {
        ref var entry = ref Start(isPoll: true);
        entry.Opcode = Opcode.PollAdd;
        entry.OperationFlags = LibC.PollIn;
    }

    private ref SubmissionEntry Start(bool isPoll)
    {
        _inKernel = true;
        _isPoll = isPoll;
        ref var entry = ref _completionQueue.NextSubmission(OperationKind.Accept, _key);
        entry.FileDescriptor = Descriptor;
        return ref entry;
    }

    private void Disarm(SocketError error, ref ResultSink sink)
    {
        _completionQueue.OnInternalEnded();
        Add(new RioResult(error, 0, _socketContext, 0), ref sink);
    }

    private void Add(in RioResult result, ref ResultSink sink)
    {
        _undequeued++;
        _completionQueue.OnAccepted();
        sink.Add(result, this);
    }

    private void ReleaseIfDrained()
    {
        if (_closed && !_inKernel && _undequeued == 0 && _key != 0)
        {
            _completionQueue.RemoveTarget(_key);
            _key = 0;
        }
    }
}
