using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

internal sealed unsafe partial class IoUringRequestQueue
{
    /// <summary>How many sends one SENDMSG gathers: 64 blocks are 256 KiB, more than a socket's send buffer takes at once.</summary>
    public const int MaxGathered = 64;

    private readonly RequestFifo<SendRequest> _sends;

    // The requests that the kernel's one send stands for; they are the oldest of the queue.
    private int _sendsInKernel;
    private bool _sendIsPoll;

    // After a send has failed bytes are missing, and nothing may follow them.
    private SocketError _sendError;

    // A msghdr with MaxGathered iovecs behind it, in memory that does not move; made for the first gathered send.
    private MessageHeader* _message;

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        if (_closed)
        {
            return SocketError.OperationAborted;
        }

        if (_sends.IsFull)
        {
            return SocketError.NoBufferSpaceAvailable;
        }

        _sends.Add(new SendRequest(buffer, requestContext, 0));
        OnAccepted();
        if ((flags & RequestFlags.Defer) == 0)
        {
            Commit();
        }

        return SocketError.Success;
    }

    public override SocketError ShutdownSend()
    {
        if (_closed)
        {
            return SocketError.OperationAborted;
        }

        return LibC.Shutdown(_descriptor, LibC.ShutWrite) == 0
            ? SocketError.Success
            : Errno.ToSocketError(Marshal.GetLastPInvokeError());
    }

    private void StartSends()
    {
        if (_sendsInKernel > 0 || _sends.Committed == 0)
        {
            return;
        }

        if (_sendError != SocketError.Success)
        {
            while (_sends.Committed > 0)
            {
                _completionQueue.Complete(TakeSend(_sendError), this);
            }

            return;
        }

        _sendIsPoll = false;
        if (_sends.Committed == 1)
        {
            StartSingleSend();
        }
        else
        {
            StartGatheredSend(Math.Min(_sends.Committed, MaxGathered));
        }
    }

    private void StartSingleSend()
    {
        _sendsInKernel = 1;
        var buffer = _sends[0].Buffer;
        ref var entry = ref _completionQueue.NextSubmission(OperationKind.Send, _key);
        entry.FileDescriptor = _descriptor;
        entry.Address = (ulong)buffer.Address;
        entry.Length = (uint)buffer.Length;
        if (buffer.Id.IsValid)
        {
            entry.Opcode = Opcode.WriteFixed;
            entry.BufferIndex = (ushort)buffer.Id.Value;
        }
        else
        {
            entry.Opcode = Opcode.Send;
            entry.OperationFlags = LibC.MsgNoSignal | LibC.MsgWaitAll;
        }
    }

    private void StartGatheredSend(int count)
    {
        _sendsInKernel = count;
        if (_message is null)
        {
            _message = (MessageHeader*)NativeMemory.AllocZeroed(
                (nuint)(sizeof(MessageHeader) + (MaxGathered * sizeof(IoVector))));
            _message->Vectors = (IoVector*)(_message + 1);
        }

        for (var i = 0; i < count; i++)
        {
            var buffer = _sends[i].Buffer;
            _message->Vectors[i] = new IoVector { Base = buffer.Address, Length = (nuint)buffer.Length };
        }

        _message->VectorCount = (nuint)count;
        ref var entry = ref _completionQueue.NextSubmission(OperationKind.Send, _key);
        entry.Opcode = Opcode.SendMessage;
        entry.FileDescriptor = _descriptor;
        entry.Address = (ulong)_message;
        entry.Length = 1;

        // WAITALL: the kernel itself carries on after a short transfer.
        entry.OperationFlags = LibC.MsgNoSignal | LibC.MsgWaitAll;
    }

    private void StartSendPoll()
    {
        _sendIsPoll = true;
        ref var entry = ref _completionQueue.NextSubmission(OperationKind.Send, _key);
        entry.Opcode = Opcode.PollAdd;
        entry.FileDescriptor = _descriptor;
        entry.OperationFlags = LibC.PollOut;
    }

    private void OnSendCompletion(int result, ref ResultSink sink)
    {
        if (!_closed && result == -Errno.TryAgain)
        {
            // As with receives: a non-blocking descriptor has no room in its send buffer.
            StartSendPoll();
            return;
        }

        var inKernel = _sendsInKernel;
        _sendsInKernel = 0;
        if (result >= 0 && !_sendIsPoll)
        {
            CompleteSent(result, ref sink);
        }
        else if (result < 0 && result != -Errno.Interrupted && (_closed || !Errno.SaysNothingOfTheSocket(result)))
        {
            _sendError = Errno.ToSocketError(-result);
            for (; inKernel > 0; inKernel--)
            {
                sink.Add(TakeSend(_sendError), this);
            }
        }

        if (_closed)
        {
            AbortSends(ref sink);
        }
        else
        {
            StartSends();
        }
    }

    /// <summary>Completes the requests that so many bytes cover, and shortens the one in which they end.</summary>
    private void CompleteSent(int bytes, ref ResultSink sink)
    {
        while (_sends.Count > 0 && bytes >= _sends[0].Buffer.Length)
        {
            bytes -= _sends[0].Buffer.Length;
            _sends[0] = _sends[0].Advance(_sends[0].Buffer.Length);
            sink.Add(TakeSend(SocketError.Success), this);
            if (bytes == 0)
            {
                return;
            }
        }

        if (bytes > 0)
        {
            _sends[0] = _sends[0].Advance(bytes);
        }
    }

    private RioResult TakeSend(SocketError status)
    {
        var request = _sends.Remove();
        return new RioResult(status, (uint)request.Sent, _socketContext, request.Context);
    }

    private void AbortSends(ref ResultSink sink)
    {
        while (_sends.Count > 0)
        {
            sink.Add(TakeSend(SocketError.OperationAborted), this);
        }
    }
}
