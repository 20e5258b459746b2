using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>Accepts that end with an error now and then. Each time the provider's own end first, and later anew.</summary>
internal sealed class FaultyAcceptQueue(
    FaultyCompletionQueue completionQueue, CompletionQueue inner, Socket listenSocket, ulong socketContext) : AcceptQueue
{
    /// <summary>EMFILE and ENFILE are one in Winsock's numbering; ENOBUFS; ECONNABORTED.</summary>
    public static readonly SocketError[] Failures =
        [SocketError.TooManyOpenSockets, SocketError.NoBufferSpaceAvailable, SocketError.ConnectionAborted];

    private readonly Dictionary<ulong, AcceptQueue> _acceptedBy = [];
    private AcceptQueue? _accepts;
    private bool _isArmed;
    private bool _isFailing;
    private bool _closed;
    private int _accepted;

    public override bool IsArmed => _isArmed;

    public override void Arm()
    {
        _isArmed = true;
        if (completionQueue.Chance(completionQueue.Rates.AcceptFailure, FaultPoint.Accept))
        {
            completionQueue.Make(new RioResult(completionQueue.Choose(Failures), 0, socketContext, 0));
            return;
        }

        _accepts ??= inner.CreateAcceptQueue(listenSocket, socketContext);
        _accepts.Arm();
    }

    public override AcceptedSocket TakeAccepted(in RioResult result)
    {
        _acceptedBy.Remove(result.RequestContext, out var acceptQueue);
        return acceptQueue!.TakeAccepted(result);
    }

    public override void Close()
    {
        _closed = true;
        _accepts?.Close();
    }

    public RioResult Translate(in RioResult result)
    {
        if (result.Status == SocketError.Success)
        {
            _acceptedBy.Add(result.RequestContext, _accepts!);
            var limit = completionQueue.Rates.AcceptsUntilFailure;
            if (limit > 0 && ++_accepted % limit == 0 && !_closed && !_isFailing)
            {
                _isFailing = true;
                _accepts!.Close();
            }

            return result;
        }

        if (!_isFailing)
        {
            return result;
        }

        _isFailing = false;
        _accepts = null;
        if (_closed)
        {
            return result;
        }

        completionQueue.Tally(FaultPoint.Accept);
        return result with { Status = completionQueue.Choose(Failures) };
    }

    public void OnDequeued(in RioResult result)
    {
        if (result.Status != SocketError.Success)
        {
            _isArmed = false;
        }
    }
}
