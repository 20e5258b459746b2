using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// The sends of one socket. One operation, which may gather several requests, is in the ring at a time: io_uring keeps no order between
/// separate requests on one socket.
/// </summary>
internal sealed unsafe class SendDirection(IoUringRequestQueue owner, IoUringCompletionQueue completionQueue) : ICompletionSource
{
    // 64 blocks are 256 KiB, more than a socket's send buffer takes at a time.
    private const int MaxGathered = 64;

    private readonly RequestFifo<SendRequest> _requests = new();

    // The requests of the ring's one operation: the oldest ones of the queue.
    private int _inRing;
    private bool _waitsForRoom;
    private bool _hadRoomInRing;

    // After a failed send bytes are missing, and nothing may follow them.
    private SocketError _error;

    // A msghdr with MaxGathered iovecs behind it, in memory that does not move. Made for the first gathered send.
    private MessageHeader* _message;

    /// <summary>
    /// The socket's error that was reported to a writer. No receive gets it after that: the kernel reports it once (sock_error of
    /// net/sock.h). Written and read under the lock of <see cref="IoUringRequestQueue.SendAtOnce"/>.
    /// </summary>
    public SocketError ReportedToWriter { get; private set; }

    public void Add(in SendRequest request) => _requests.Add(request);

    public void Commit()
    {
        _requests.Commit();
        Start();
    }

    public void OnReady(PollEvents events)
    {
        if ((events & (PollEvents.Out | PollEvents.HangUp | PollEvents.Error)) == 0)
        {
            return;
        }

        _hadRoomInRing = _inRing > 0;
        if (_waitsForRoom)
        {
            _waitsForRoom = false;
            Start();
        }
    }

    public void OnCompletion(int result, ref ResultSink sink)
    {
        var count = _inRing;
        _inRing = 0;
        if (result >= 0)
        {
            CompleteSent(result, ref sink);
        }
        else if (result == -Errno.TryAgain)
        {
            WaitForRoom();
        }
        else if (result != -Errno.Interrupted)
        {
            _error = Errno.ToSocketError(-result);
            for (; count > 0; count--)
            {
                sink.Add(Take(_error), this);
            }
        }

        if (owner.IsClosed)
        {
            while (_requests.Count > 0)
            {
                sink.Add(Take(SocketError.OperationAborted), this);
            }
        }
        else
        {
            Start();
        }
    }

    /// <summary>Sends without the ring. Any thread, under the owner's lock.</summary>
    public SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(buffers.Length, RequestQueue.MaxSentAtOnce, nameof(buffers));
        sent = 0;
        if (_error != SocketError.Success)
        {
            return _error;
        }

        var vectors = stackalloc IoVector[RequestQueue.MaxSentAtOnce];
        for (var i = 0; i < buffers.Length; i++)
        {
            vectors[i] = new IoVector { Base = buffers[i].Address, Length = (nuint)buffers[i].Length };
        }

        var message = new MessageHeader { Vectors = vectors, VectorCount = (nuint)buffers.Length };
        var count = (int)LibC.SendMessage(owner.Descriptor, &message, (int)(LibC.MsgDoNotWait | LibC.MsgNoSignal));
        if (count > 0)
        {
            sent = count;
            return SocketError.Success;
        }

        return OnNotSent(count < 0 ? Marshal.GetLastPInvokeError() : Errno.TryAgain);
    }

    public void OnDequeued() => owner.OnSendDequeued();

    /// <summary>The socket is closed: requests outside of the ring complete here.</summary>
    public void Abort()
    {
        while (_inRing == 0 && _requests.Count > 0)
        {
            completionQueue.Complete(Take(SocketError.OperationAborted), this);
        }
    }

    /// <summary>Nothing is outstanding any more.</summary>
    public void Release()
    {
        NativeMemory.Free(_message);
        _message = null;
    }

    private SocketError OnNotSent(int errno)
    {
        if (errno is Errno.TryAgain or Errno.Interrupted)
        {
            return SocketError.WouldBlock;
        }

        _error = Errno.ToSocketError(errno);

        // EPIPE is no such error: a receive has met the peer's end before it.
        if (errno != Errno.BrokenPipe)
        {
            ReportedToWriter = _error;
        }

        return _error;
    }

    private void Start()
    {
        if (_inRing > 0 || _waitsForRoom || _requests.Committed == 0)
        {
            return;
        }

        if (_error != SocketError.Success)
        {
            while (_requests.Committed > 0)
            {
                completionQueue.Complete(Take(_error), this);
            }

            return;
        }

        _hadRoomInRing = false;
        _inRing = Math.Min(_requests.Committed, MaxGathered);
        ref var entry = ref completionQueue.NextSubmission(OperationKind.Send, owner.Key);
        entry.FileDescriptor = owner.Descriptor;

        // Not IORING_OP_WRITE_FIXED, though the memory is registered: it has no MSG_NOSIGNAL, and SIGPIPE ends a process
        // whose native code has restored its default.
        entry.OperationFlags = LibC.MsgNoSignal | LibC.MsgDoNotWait;
        if (_inRing == 1)
        {
            var buffer = _requests[0].Buffer;
            entry.Opcode = Opcode.Send;
            entry.Address = (ulong)buffer.Address;
            entry.Length = (uint)buffer.Length;
        }
        else
        {
            Gather();
            entry.Opcode = Opcode.SendMessage;
            entry.Address = (ulong)_message;
            entry.Length = 1;
        }
    }

    private void Gather()
    {
        if (_message is null)
        {
            _message = (MessageHeader*)NativeMemory.AllocZeroed(
                (nuint)(sizeof(MessageHeader) + (MaxGathered * sizeof(IoVector))));
            _message->Vectors = (IoVector*)(_message + 1);
        }

        for (var i = 0; i < _inRing; i++)
        {
            var buffer = _requests[i].Buffer;
            _message->Vectors[i] = new IoVector { Base = buffer.Address, Length = (nuint)buffer.Length };
        }

        _message->VectorCount = (nuint)_inRing;
    }

    private void WaitForRoom()
    {
        if (owner.IsClosed || _hadRoomInRing)
        {
            return;
        }

        _waitsForRoom = true;
        if (!owner.Asks(PollEvents.Out))
        {
            // Asked for from the first lack of room on: few sockets ever lack it.
            owner.Rearm(PollEvents.Out);
        }
    }

    /// <summary>Completes the requests that the bytes cover, and shortens the one in which they end.</summary>
    private void CompleteSent(int bytes, ref ResultSink sink)
    {
        while (bytes > 0 && bytes >= _requests[0].Buffer.Length)
        {
            bytes -= _requests[0].Buffer.Length;
            _requests[0] = _requests[0].Advance(_requests[0].Buffer.Length);
            sink.Add(Take(SocketError.Success), this);
        }

        if (bytes > 0)
        {
            _requests[0] = _requests[0].Advance(bytes);
        }
    }

    private RioResult Take(SocketError status)
    {
        var request = _requests.Remove();
        return owner.Result(status, request.Sent, request.Context);
    }
}
