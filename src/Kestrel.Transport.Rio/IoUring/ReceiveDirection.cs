using System.Diagnostics;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// The receives of one socket. One is in the ring at a time, and only when the socket is not known to be empty: io_uring keeps no order
/// between separate requests on one socket.
/// </summary>
internal sealed class ReceiveDirection(IoUringRequestQueue owner, IoUringCompletionQueue completionQueue) : ICompletionSource
{
    private readonly RequestFifo<ReceiveRequest> _requests = new();
    private InputReadiness _readiness = InputReadiness.Empty;
    private bool _isInRing;
    private bool _isFixed;
    private bool _isListed;
    private bool _hasEnded;
    private bool _hasUrgent;
    private bool _wasReadyInRing;

    public void Add(in ReceiveRequest request) => _requests.Add(request);

    public void Commit()
    {
        _requests.Commit();
        Start();
    }

    public void OnReady(PollEvents events)
    {
        const PollEvents Ended = PollEvents.PeerEnded | PollEvents.HangUp | PollEvents.Error;
        if ((events & (PollEvents.In | Ended)) == 0)
        {
            return;
        }

        // The end of the input stays receivable, and is not reported again.
        _hasEnded |= (events & Ended) != 0;
        _hasUrgent |= (events & PollEvents.Urgent) != 0;
        if (_isInRing)
        {
            _wasReadyInRing = true;
            return;
        }

        _readiness = InputReadiness.Readable;
        Start();
    }

    /// <summary>Completes a wait for data that is over, in its turn.</summary>
    public void Begin(ref ResultSink sink)
    {
        _isListed = false;
        if (_requests.Committed > 0 && _requests[0].OnlyWaits)
        {
            sink.Add(owner.Result(SocketError.Success, 0, _requests.Remove().Context), this);
            Start();
        }
    }

    public void OnCompletion(int result, CompletionFlags flags, ref ResultSink sink)
    {
        _isInRing = false;
        if (_isFixed && result == -Errno.NotSupported)
        {
            // Sockets support RWF_NOWAIT from 6.5 on. Nothing was tried, so the receive is repeated as after a signal.
            completionQueue.CanReadFixed = false;
            result = -Errno.Interrupted;
        }

        if (owner.IsClosed)
        {
            Complete(result is -Errno.TryAgain or -Errno.Interrupted ? -Errno.Canceled : result, ref sink);
            while (_requests.Count > 0)
            {
                Complete(-Errno.Canceled, ref sink);
            }

            return;
        }

        // An error without anything to receive has not ended the input: it is that of a message in the error queue.
        _hasEnded &= result != -Errno.TryAgain || _wasReadyInRing;
        _readiness = ReadinessAfter(result, flags);
        _wasReadyInRing = false;
        if (result is not (-Errno.TryAgain or -Errno.Interrupted))
        {
            Complete(result, ref sink);
        }

        Start();
    }

    public void OnDequeued() => owner.OnReceiveDequeued();

    /// <summary>The socket is closed: requests outside of the ring complete here.</summary>
    public void Abort()
    {
        while (!_isInRing && _requests.Count > 0)
        {
            completionQueue.Complete(owner.Result(SocketError.OperationAborted, 0, _requests.Remove().Context), this);
        }
    }

    private void Start()
    {
        if (_isInRing || _isListed || _requests.Committed == 0 || _readiness == InputReadiness.Empty)
        {
            return;
        }

        if (!_requests[0].OnlyWaits)
        {
            Receive(_requests[0].Buffer);
        }
        else if (_readiness == InputReadiness.Readable)
        {
            _isListed = true;
            completionQueue.AddReadable(this);
        }
        else
        {
            // The next event reports whether there is anything. A wait that ended for nothing would cost a buffer.
            _readiness = InputReadiness.Empty;
            owner.Rearm(PollEvents.None);
        }
    }

    private void Receive(in RioBuffer buffer)
    {
        _isInRing = true;
        ref var entry = ref completionQueue.NextSubmission(OperationKind.Receive, owner.Key);
        entry.FileDescriptor = owner.Descriptor;
        entry.Address = (ulong)buffer.Address;
        entry.Length = (uint)buffer.Length;
        _isFixed = buffer.Id.IsValid && completionQueue.CanReadFixed;
        if (_isFixed)
        {
            // A non-blocking socket is not enough: without the flag the operation waits in the ring (io_rw_init_file of io_uring/rw.c).
            entry.Opcode = Opcode.ReadFixed;
            entry.OperationFlags = LibC.ReadDoNotWait;
            entry.BufferIndex = (ushort)buffer.Id.Value;
        }
        else
        {
            entry.Opcode = Opcode.Receive;
            entry.OperationFlags = LibC.MsgDoNotWait;
        }
    }

    private InputReadiness ReadinessAfter(int result, CompletionFlags flags)
    {
        // The kernel reports this for some sockets and operations, and nothing for the others.
        if (_hasEnded || (flags & CompletionFlags.SocketNotEmpty) != 0)
        {
            return InputReadiness.Readable;
        }

        // A receive ends early at an urgent mark, and behind descriptors on a Unix domain socket. Otherwise it takes all there is.
        var isAll = result == -Errno.TryAgain || (result > 0 && result < _requests[0].Buffer.Length && owner.EmptiesWhenShort && !_hasUrgent);
        return isAll && !_wasReadyInRing ? InputReadiness.Empty : InputReadiness.Unknown;
    }

    private void Complete(int result, ref ResultSink sink)
    {
        Debug.Assert(_requests.Count > 0, "A receive completed that was not posted.");
        var (status, bytes) = result switch
        {
            < 0 => (Errno.ToSocketError(-result), 0),
            0 => (owner.StatusOfEnd(), 0),
            _ => (SocketError.Success, result),
        };
        sink.Add(owner.Result(status, bytes, _requests.Remove().Context), this);
    }
}
