using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

internal sealed partial class IoUringRequestQueue
{
    private readonly RequestFifo<ReceiveRequest> _receives;
    private bool _receiveInKernel;
    private bool _receiveIsPoll;
    private OperationKind _receiveKind;

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
        => Post(new ReceiveRequest(buffer, requestContext), flags);

    public override SocketError WaitForData(ulong requestContext)
        => Post(new ReceiveRequest(default, requestContext), RequestFlags.None);

    private SocketError Post(in ReceiveRequest request, RequestFlags flags)
    {
        if (_closed)
        {
            return SocketError.OperationAborted;
        }

        if (_receives.IsFull)
        {
            return SocketError.NoBufferSpaceAvailable;
        }

        _receives.Add(request);
        OnAccepted();
        if ((flags & RequestFlags.Defer) == 0)
        {
            Commit();
        }

        return SocketError.Success;
    }

    private void StartReceive()
    {
        if (_receiveInKernel || _receives.Committed == 0)
        {
            return;
        }

        var request = _receives[0];
        if (request.OnlyWaits)
        {
            StartReceivePoll(OperationKind.Readiness);
            return;
        }

        _receiveInKernel = true;
        _receiveIsPoll = false;
        _receiveKind = OperationKind.Receive;
        ref var entry = ref _completionQueue.NextSubmission(OperationKind.Receive, _key);
        entry.FileDescriptor = _descriptor;
        entry.Address = (ulong)request.Buffer.Address;
        entry.Length = (uint)request.Buffer.Length;
        if (request.Buffer.Id.IsValid)
        {
            entry.Opcode = Opcode.ReadFixed;
            entry.BufferIndex = (ushort)request.Buffer.Id.Value;
        }
        else
        {
            entry.Opcode = Opcode.Receive;
        }
    }

    private void StartReceivePoll(OperationKind kind)
    {
        _receiveInKernel = true;
        _receiveIsPoll = true;
        _receiveKind = kind;
        ref var entry = ref _completionQueue.NextSubmission(kind, _key);
        entry.Opcode = Opcode.PollAdd;
        entry.FileDescriptor = _descriptor;
        entry.OperationFlags = LibC.PollIn;
    }

    private void OnReceiveCompletion(int result, ref ResultSink sink)
    {
        _receiveInKernel = false;
        if (!_closed && MustRetryReceive(result))
        {
            return;
        }

        CompleteReceive(result, ref sink);
        if (_closed)
        {
            AbortReceives(ref sink);
        }
        else
        {
            StartReceive();
        }
    }

    private bool MustRetryReceive(int result)
    {
        if (result == -Errno.TryAgain)
        {
            // Somebody has made the descriptor non-blocking (the managed socket does, when it is used): such a one is not
            // waited on inside a receive.
            StartReceivePoll(OperationKind.Receive);
            return true;
        }

        var pollBeforeReceive = _receiveIsPoll && result >= 0 && !_receives[0].OnlyWaits;
        if (pollBeforeReceive || Errno.SaysNothingOfTheSocket(result))
        {
            StartReceive();
            return true;
        }

        return false;
    }

    private void CompleteReceive(int result, ref ResultSink sink)
    {
        // A poll's result are its events. Those of a poll before a receive count only when the receive follows; after a
        // close it does not, and 0 bytes would look like a FIN.
        var (status, bytes) = result switch
        {
            < 0 => (Errno.ToSocketError(-result), 0u),
            0 when !_receiveIsPoll => (StatusOfEnd(), 0u),
            _ when !_receiveIsPoll => (SocketError.Success, (uint)result),
            _ when _receives[0].OnlyWaits => (SocketError.Success, 0u),
            _ => (SocketError.OperationAborted, 0u),
        };
        sink.Add(new RioResult(status, bytes, _socketContext, _receives.Remove().Context), this);
    }

    private void AbortReceives(ref ResultSink sink)
    {
        while (_receives.Count > 0)
        {
            CompleteReceive(-Errno.Canceled, ref sink);
        }
    }
}
