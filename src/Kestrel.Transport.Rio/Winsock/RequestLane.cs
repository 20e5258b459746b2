using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>
/// The requests of one direction. What was posted to Winsock comes first, then what was committed and waits for room, then
/// what is deferred.
/// </summary>
/// <remarks>
/// A request goes to Winsock when it is committed and no sooner. So all that are committed together go with
/// <c>RIO_MSG_DEFER</c> but the last, which makes one transition into the kernel and needs no call for the commit alone; and a
/// request that is still deferred when the socket is closed was never Winsock's: it sends nothing, and leaves no deferred
/// request without a commit behind.
/// </remarks>
internal sealed unsafe class RequestLane : ICompletionSource
{
    /// <summary>How many bits of Winsock's request context say which direction it is.</summary>
    public const int DirectionBits = 1;

    private readonly WinsockRequestQueue _owner;
    private readonly delegate* unmanaged[Stdcall]<nint, RioBuf*, uint, RioMessageFlags, nuint, int> _post;
    private readonly ulong _direction;
    private readonly int _limit;
    private readonly RequestFifo<WinsockRequest> _requests;
    private ulong _oldest;
    private int _posted;

    public RequestLane(
        WinsockRequestQueue owner,
        delegate* unmanaged[Stdcall]<nint, RioBuf*, uint, RioMessageFlags, nuint, int> post,
        ulong direction,
        int limit)
    {
        _owner = owner;
        _post = post;
        _direction = direction;
        _limit = limit;

        // The limit is on what the caller has not taken. One that completed early keeps its place here a while longer.
        _requests = new RequestFifo<WinsockRequest>(int.MaxValue);

        // Most connections have one receive and a few sends outstanding: the rest is asked for when it is needed.
        const int InitialRoom = 4;
        Room = Math.Min(InitialRoom, limit);
    }

    /// <summary>How many of its requests the request queue of Winsock holds.</summary>
    public int Room { get; set; }

    /// <summary>Posted, and the completion was not dequeued.</summary>
    public int InKernel { get; private set; }

    /// <summary>Accepted, and the completion was not given to the caller: what the limit is on.</summary>
    public int Outstanding { get; private set; }

    public bool IsFull => Outstanding == _limit;

    /// <summary>Deferred requests are Winsock's and no commit has reached it: one call for it alone has failed.</summary>
    public bool OwesCommit { get; private set; }

    /// <summary>Why nothing is posted any more, and what everything that was not posted completes with.</summary>
    public SocketError Error { get; set; }

    /// <summary>Room for all that is committed, by doubling; as much as there is when that is enough.</summary>
    public int RoomWanted
    {
        get
        {
            var room = Room;
            while (room < InKernel + _requests.Committed - _posted)
            {
                room = Math.Min(room * 2, _limit);
            }

            return room;
        }
    }

    public void Add(in RioBuffer buffer, ulong context)
    {
        _requests.Add(new WinsockRequest { Buffer = buffer, Context = context });
        Outstanding++;
    }

    public void Commit() => _requests.Commit();

    public void OnDequeued()
    {
        Outstanding--;
        _owner.ReleaseIfDrained();
    }

    /// <summary>Posts what is committed and has room.</summary>
    /// <returns>The error of the first one that Winsock refused; neither it nor any behind it was posted.</returns>
    public SocketError Post(nint requestQueue)
    {
        var end = Math.Min(_requests.Committed, _posted + Room - InKernel);
        while (_posted < end)
        {
            ref var request = ref _requests[_posted];
            var buffer = RioBuf.From(request.Buffer);
            var isLast = _posted + 1 == end;
            var context = ((_oldest + (ulong)_posted) << DirectionBits) | _direction;
            if (_post(requestQueue, &buffer, 1, isLast ? RioMessageFlags.None : RioMessageFlags.Defer, (nuint)context) == 0)
            {
                // Read before anything else can change it. The completion will not come, but those that were deferred
                // ahead of it are Winsock's, and nothing else commits them.
                var error = Marshal.GetLastSystemError();
                CommitOwed(requestQueue);
                return error == 0 ? SocketError.SocketError : ErrorCode.ToSocketError(error);
            }

            OwesCommit = !isLast;
            _posted++;
            InKernel++;
        }

        return SocketError.Success;
    }

    /// <summary>Commits what Winsock holds deferred.</summary>
    public void CommitOwed(nint requestQueue)
    {
        if (OwesCommit)
        {
            OwesCommit = _post(requestQueue, null, 0, RioMessageFlags.CommitOnly, 0) == 0;
        }
    }

    /// <summary>Winsock has completed a request of this direction: takes it out, and gives it.</summary>
    public WinsockRequest Complete(ulong winsockContext)
    {
        var index = (int)((winsockContext >> DirectionBits) - _oldest);
        Debug.Assert(index >= 0 && index < _posted, "A completion of a request that was not posted.");
        var request = _requests[index];
        _requests[index].IsCompleted = true;
        InKernel--;

        // Winsock completes the requests of one direction in order. Nothing here hangs on it: one that came early would
        // only keep its place until those ahead of it have gone.
        while (_posted > 0 && _requests[0].IsCompleted)
        {
            _requests.Remove();
            _oldest++;
            _posted--;
        }

        return request;
    }

    /// <summary>
    /// Takes out the oldest request that was not posted; only when nothing is in the kernel, so that it does not overtake.
    /// </summary>
    public bool TryTakeUnposted(bool alsoDeferred, out WinsockRequest request)
    {
        request = default;
        if (InKernel > 0 || (alsoDeferred ? _requests.Count : _requests.Committed) == 0)
        {
            return false;
        }

        request = _requests.Remove();
        _oldest++;
        return true;
    }

    /// <summary>Takes out the oldest request that was posted and will never be heard of again.</summary>
    public bool TryTakeLost(out WinsockRequest request)
    {
        while (_posted > 0)
        {
            request = _requests.Remove();
            _oldest++;
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
}
