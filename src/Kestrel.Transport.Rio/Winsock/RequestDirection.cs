using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>
/// The requests of one direction of a socket: first those posted to Winsock, then those that are committed and wait for room, then
/// the deferred ones.
/// </summary>
/// <remarks>
/// A request goes to Winsock when it is committed and no sooner. Of those that are committed together, all but the last go with
/// <c>RIO_MSG_DEFER</c>. That makes one transition into the kernel and needs no call for the commit alone. A request that is
/// still deferred when the socket is closed never reached Winsock: it sends nothing, and leaves no deferred request without a commit.
/// </remarks>
internal abstract unsafe class RequestDirection : ICompletionSource
{
    /// <summary>How many bits of Winsock's request context name the direction.</summary>
    public const int DirectionBits = 1;

    private readonly WinsockCompletionQueue _completionQueue;
    private readonly delegate* unmanaged[Stdcall]<nint, RioBuf*, uint, RioMessageFlags, nuint, int> _post;
    private readonly ulong _direction;
    private readonly int _limit;
    private readonly RequestFifo<WinsockRequest> _requests = new();
    private ulong _oldest;
    private int _posted;

    protected RequestDirection(
        WinsockRequestQueue owner,
        WinsockCompletionQueue completionQueue,
        delegate* unmanaged[Stdcall]<nint, RioBuf*, uint, RioMessageFlags, nuint, int> post,
        ulong direction,
        int limit)
    {
        Owner = owner;
        _completionQueue = completionQueue;
        _post = post;
        _direction = direction;
        _limit = limit;

        // Most connections have one receive and a few sends outstanding: more room is asked for when it is needed.
        const int InitialRoom = 4;
        Room = Math.Min(InitialRoom, limit);
    }

    /// <summary>How many of its requests the request queue of Winsock holds.</summary>
    public int Room { get; private set; }

    /// <summary>Posted requests whose completions were not taken from Winsock.</summary>
    public int InKernel { get; private set; }

    /// <summary>Winsock holds deferred requests and has no commit for them: the call for the commit alone has failed.</summary>
    public bool OwesCommit { get; private set; }

    protected WinsockRequestQueue Owner { get; }

    /// <summary>Why no request is posted any more, and the status of everything that was not posted.</summary>
    protected SocketError Error { get; set; }

    /// <summary>Whether nothing may follow a request that failed.</summary>
    protected abstract bool EndsWithError { get; }

    public void Add(in RioBuffer buffer, ulong context)
        => _requests.Add(new WinsockRequest { Buffer = buffer, Context = context });

    /// <summary>Starts everything that is deferred.</summary>
    public void Commit()
    {
        _requests.Commit();
        Start();
    }

    /// <summary>Commits what Winsock holds deferred, when that has failed before.</summary>
    public void CommitOwed()
    {
        if (OwesCommit)
        {
            OwesCommit = _post(Owner.Handle, null, 0, RioMessageFlags.CommitOnly, 0) == 0;
        }
    }

    /// <summary>Makes the caller's result of Winsock's. Completions that it causes follow it.</summary>
    public RioResult Complete(in RioResult result)
    {
        var request = Take(result.RequestContext);
        var translated = Translate(request, ErrorCode.ToSocketError((int)result.Status), result.BytesTransferred);
        if (Error == SocketError.Success)
        {
            Start();
        }
        else
        {
            FailUnposted();
        }

        return translated;
    }

    public abstract void OnDequeued();

    /// <summary>The socket is closed: requests that were not posted complete here.</summary>
    public void Abort()
    {
        Error = SocketError.OperationAborted;
        FailUnposted();
    }

    /// <summary>
    /// The completion queue is lost: every request completes here. The buffers of those that Winsock holds go to
    /// <paramref name="lostBuffers"/>.
    /// </summary>
    public void Lose(List<RioBuffer> lostBuffers)
    {
        Error = WinsockCompletionQueue.Lost;
        while (TryTakeLost(out var request))
        {
            lostBuffers.Add(request.Buffer);
            CompleteHere(request);
        }

        while (TryTakeUnposted(alsoDeferred: true, out var request))
        {
            CompleteHere(request);
        }
    }

    /// <summary>The result of a request that Winsock has completed.</summary>
    protected abstract RioResult Translate(in WinsockRequest request, SocketError status, uint bytes);

    private void Start()
    {
        if (Error == SocketError.Success)
        {
            Grow();
            Error = Post();
            if (OwesCommit)
            {
                _completionQueue.OnCommitOwed(Owner);
            }
        }

        if (Error != SocketError.Success)
        {
            FailUnposted();
        }
    }

    /// <summary>
    /// Makes room, by doubling, for everything that is committed. The completion queue was charged with the limits from the
    /// beginning. If Winsock has no memory for the room, the requests take turns in the room there is.
    /// </summary>
    private void Grow()
    {
        var wanted = Room;
        while (wanted < InKernel + _requests.Committed - _posted)
        {
            wanted = Math.Min(wanted * 2, _limit);
        }

        if (wanted != Room && Owner.TryGrow(this, wanted))
        {
            Room = wanted;
        }
    }

    /// <summary>Posts the committed requests that have room.</summary>
    /// <returns>The error of the first one that Winsock refused. Neither it nor any behind it was posted.</returns>
    private SocketError Post()
    {
        var end = Math.Min(_requests.Committed, _posted + Room - InKernel);
        while (_posted < end)
        {
            ref var request = ref _requests[_posted];
            var buffer = RioBuf.From(request.Buffer);
            var isLast = _posted + 1 == end;
            var context = ((_oldest + (ulong)_posted) << DirectionBits) | _direction;
            if (_post(Owner.Handle, &buffer, 1, isLast ? RioMessageFlags.None : RioMessageFlags.Defer, (nuint)context) == 0)
            {
                // Read before anything else can change it. The completion will not come, but those that were deferred
                // ahead of it are Winsock's, and nothing else commits them.
                var error = Marshal.GetLastSystemError();
                CommitOwed();
                return error == 0 ? SocketError.SocketError : ErrorCode.ToSocketError(error);
            }

            OwesCommit = !isLast;
            _posted++;
            InKernel++;
        }

        return SocketError.Success;
    }

    /// <summary>Removes a request that Winsock has completed.</summary>
    private WinsockRequest Take(ulong winsockContext)
    {
        var index = (int)((winsockContext >> DirectionBits) - _oldest);
        Debug.Assert(index >= 0 && index < _posted, "A completion of a request that was not posted.");
        var request = _requests[index];
        _requests[index].IsCompleted = true;
        InKernel--;

        // Winsock completes the requests of one direction in order. Nothing here depends on that: an early one only keeps its
        // place until those ahead of it are completed.
        while (_posted > 0 && _requests[0].IsCompleted)
        {
            RemoveOldest();
            _posted--;
        }

        return request;
    }

    /// <summary>
    /// Completes, with the error, the requests that were not posted, after all posted ones have completed. After close that includes
    /// deferred requests. Before, they stay the caller's to commit.
    /// </summary>
    private void FailUnposted()
    {
        while (TryTakeUnposted(alsoDeferred: Owner.IsClosed, out var request))
        {
            CompleteHere(request);
        }

        if (!EndsWithError && !Owner.IsClosed && InKernel == 0)
        {
            Error = SocketError.Success;
        }
    }

    /// <summary>Removes the oldest request that was not posted; only when Winsock holds none, so that it does not overtake.</summary>
    private bool TryTakeUnposted(bool alsoDeferred, out WinsockRequest request)
    {
        request = default;
        if (InKernel > 0 || (alsoDeferred ? _requests.Count : _requests.Committed) == 0)
        {
            return false;
        }

        request = RemoveOldest();
        return true;
    }

    /// <summary>Removes the oldest request that was posted and whose completion will not come.</summary>
    private bool TryTakeLost(out WinsockRequest request)
    {
        while (_posted > 0)
        {
            request = RemoveOldest();
            _posted--;
            if (!request.IsCompleted)
            {
                InKernel--;
                return true;
            }
        }

        request = default;
        return false;
    }

    private WinsockRequest RemoveOldest()
    {
        _oldest++;
        return _requests.Remove();
    }

    private void CompleteHere(in WinsockRequest request)
        => _completionQueue.Complete(Owner.Result(Error, 0, request.Context), this);
}
