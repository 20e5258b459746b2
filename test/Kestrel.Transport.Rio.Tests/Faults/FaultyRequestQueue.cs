using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Contract;
using DeterministicRandom = Kestrel.Transport.Rio.Tests.Simulation.DeterministicRandom;

namespace Kestrel.Transport.Rio.Tests.Faults;

internal sealed class FaultyRequestQueue(FaultyCompletionQueue completionQueue, RequestQueue inner, ulong socketContext)
    : RequestQueue(completionQueue, inner.MaxOutstandingReceives, inner.MaxOutstandingSends)
{
    /// <summary>ENOBUFS, EAGAIN and what else a request may be refused with.</summary>
    public static readonly SocketError[] Refusals =
        [SocketError.NoBufferSpaceAvailable, SocketError.WouldBlock, SocketError.InvalidArgument, SocketError.Fault];

    /// <summary>ENOBUFS, EAGAIN, ECANCELED, and those of a connection that broke.</summary>
    public static readonly SocketError[] Failures =
    [
        SocketError.NoBufferSpaceAvailable, SocketError.WouldBlock, SocketError.OperationAborted, SocketError.ConnectionReset,
        SocketError.TimedOut,
    ];

    // The end of a send that was given to the kernel in part, and of all behind it: bytes are missing there.
    private SocketError _sendError;
    private readonly ConcurrentQueue<SocketError> _told = [];
    private readonly DeterministicRandom _atOnce = new((ulong)completionQueue.Between(1, int.MaxValue));
    private int _sendsInOrder;

    public ulong SocketContext => socketContext;

    /// <summary>What the transport was told to be wrong with this connection, and is not. Any thread.</summary>
    public IReadOnlyCollection<SocketError> Told => _told;

    /// <summary>Its poller has been given something to die of. Any thread.</summary>
    public bool IsOfKilled => completionQueue.HasThrown;

    public override ConnectionSocket Socket => inner.Socket;

    public override EndPoint? GetLocalEndPoint(EndPoint family)
    {
        completionQueue.ThrowIfOddAddress();
        return inner.GetLocalEndPoint(family);
    }

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        completionQueue.ThrowIfTold();
        if (TryRefuse(out var refusal))
        {
            return refusal;
        }

        var isShort = completionQueue.Chance(completionQueue.Rates.ShortReceive, FaultPoint.ShortReceive);
        var slice = isShort ? buffer with { Length = completionQueue.Between(1, buffer.Length) } : buffer;
        return Posted(inner.Receive(slice, requestContext, flags), flags);
    }

    public override SocketError WaitForData(ulong requestContext)
    {
        completionQueue.ThrowIfTold();
        return TryRefuse(out var refusal) ? refusal : Posted(inner.WaitForData(requestContext), RequestFlags.None);
    }

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
    {
        completionQueue.ThrowIfTold();
        if (_sendError != SocketError.Success)
        {
            return Tell(_sendError);
        }

        if (TryRefuse(out var refusal))
        {
            return refusal;
        }

        if (buffer.Length > 1 && completionQueue.Chance(completionQueue.Rates.ShortSend, FaultPoint.ShortSend))
        {
            var error = PostedSend(inner.Send(buffer with { Length = completionQueue.Between(1, buffer.Length - 1) }, requestContext, flags), flags);
            if (error == SocketError.Success)
            {
                _sendError = completionQueue.Choose(Failures);
            }

            return error;
        }

        var posted = PostedSend(inner.Send(buffer, requestContext, flags), flags);
        if (posted == SocketError.Success)
        {
            _sendsInOrder++;
        }

        return posted;
    }

    /// <summary>Any thread, one at a time: with chances of its own, which the poller's do not depend on.</summary>
    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent)
    {
        sent = 0;
        completionQueue.OnSendingAtOnce?.Invoke();
        if (_sendError != SocketError.Success)
        {
            return Tell(_sendError);
        }

        if (AtOnce(completionQueue.Rates.Refusal, FaultPoint.Refusal))
        {
            return SocketError.WouldBlock;
        }

        if (AtOnce(completionQueue.Rates.Failure, FaultPoint.Failure))
        {
            _sendError = Failures[_atOnce.Below(Failures.Length)];
            return Tell(_sendError);
        }

        if (buffers[0].Length == 1 || !AtOnce(completionQueue.Rates.ShortSend, FaultPoint.ShortSend))
        {
            return inner.SendAtOnce(buffers, out sent);
        }

        return inner.SendAtOnce([buffers[0] with { Length = _atOnce.Between(1, buffers[0].Length - 1) }], out sent);
    }

    public override void Commit() => inner.Commit();

    public override SocketError ShutdownSend() => inner.ShutdownSend();

    public override void Close(CloseMode mode)
    {
        inner.Close(mode);
        if (!IsClosed)
        {
            MarkClosed();
            ReleaseIfDrained();
        }
    }

    /// <summary>What the transport is to see of a completion that the provider is through with.</summary>
    public RioResult Translate(in RioResult result)
    {
        if ((RequestKind)result.RequestContext == RequestKind.Send && --_sendsInOrder < 0)
        {
            return result.Status == SocketError.Success ? result with { Status = _sendError } : result;
        }

        if (IsClosed || result.Status != SocketError.Success
            || !completionQueue.Chance(completionQueue.Rates.Failure, FaultPoint.Failure))
        {
            return result;
        }

        var isSend = (RequestKind)result.RequestContext == RequestKind.Send;
        return result with { Status = completionQueue.Choose(Failures), BytesTransferred = isSend ? result.BytesTransferred : 0 };
    }

    /// <param name="result">The completion that the transport takes.</param>
    /// <param name="made">What the transport is told in place of what was so; null where it is told that.</param>
    public void OnDequeued(in RioResult result, SocketError? made)
    {
        if (made is { } error)
        {
            Tell(error);
        }

        if ((RequestKind)result.RequestContext == RequestKind.Send)
        {
            OnSendDequeued();
        }
        else
        {
            OnReceiveDequeued();
        }
    }

    protected override void OnDrained() => completionQueue.OnDrained(this);

    private bool AtOnce(double probability, FaultPoint point)
    {
        if (!_atOnce.Chance(probability))
        {
            return false;
        }

        completionQueue.Tally(point);
        return true;
    }

    private bool TryRefuse(out SocketError refusal)
    {
        refusal = SocketError.Success;
        if (!IsClosed && completionQueue.Chance(completionQueue.Rates.Refusal, FaultPoint.Refusal))
        {
            refusal = Tell(completionQueue.Choose(Refusals));
        }

        return refusal != SocketError.Success;
    }

    private SocketError Tell(SocketError error)
    {
        _told.Enqueue(error);
        return error;
    }

    private SocketError Posted(SocketError error, RequestFlags flags)
    {
        if (error == SocketError.Success)
        {
            OnReceiveQueued();
            ListIfDeferred(flags);
        }

        return error;
    }

    private SocketError PostedSend(SocketError error, RequestFlags flags)
    {
        if (error == SocketError.Success)
        {
            OnSendQueued();
            ListIfDeferred(flags);
        }

        return error;
    }

    private void ListIfDeferred(RequestFlags flags)
    {
        if (flags.HasFlag(RequestFlags.Defer))
        {
            CommitLater();
        }
    }
}
