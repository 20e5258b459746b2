using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

internal sealed unsafe partial class WinsockCompletionQueue
{
    /// <summary>Completion keys of what comes over the port.</summary>
    internal const nint NotifyKey = 1;
    internal const nint WakeKey = 2;

    /// <summary>A completion of AcceptEx; its OVERLAPPED is the head of an <see cref="AcceptRequest"/>.</summary>
    internal const nint AcceptKey = 3;

    /// <summary>The same by way of an event; in place of the OVERLAPPED is the slot's key.</summary>
    internal const nint AcceptEventKey = 4;

    private const int PeekBatch = 64;
    private const int PacketBatch = 64;

    // Connections that arrive while completions never run out are looked for this often: a system call in so many passes.
    private const int PassesPerLookForAccepts = 16;

    // For a commit that Winsock had no memory for a moment ago.
    private static readonly TimeSpan s_commitRetry = TimeSpan.FromMilliseconds(10);

    // Looking costs no system call, which to give the core away would, and arming with what follows costs two.
    private readonly AdaptiveSpin _spin = new(givesWay: false);
    private readonly RioResult[] _peeked = new RioResult[PeekBatch];
    private readonly OverlappedEntry[] _packets = new OverlappedEntry[PacketBatch];
    private readonly SlotTable<AcceptSlot> _acceptSlots = new();
    private readonly List<WinsockRequestQueue> _owing = [];
    private readonly ConditionalWeakTable<Socket, object> _associated = [];
    private bool _isArmed;
    private int _isWoken;
    private int _passesWithoutLook;

    /// <summary>A commit has handed everything over already.</summary>
    public override void Submit()
    {
        RetryCommits();
        LookForAccepts();
    }

    public override bool Wait(TimeSpan timeout)
    {
        RetryCommits();
        if (_ready.Count > 0 || Peek(maySpin: timeout != TimeSpan.Zero))
        {
            LookForAccepts();
            return false;
        }

        if (timeout != TimeSpan.Zero)
        {
            Arm();
        }

        if (_ready.Count > 0)
        {
            return false;
        }

        TakePackets(_owing.Count == 0 || (timeout >= TimeSpan.Zero && timeout < s_commitRetry) ? timeout : s_commitRetry);
        return timeout != TimeSpan.Zero;
    }

    /// <summary>One packet is as good as many: until it has been taken, further calls post none.</summary>
    public override void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) == 0 && !_port.TryPost(WakeKey, 0))
        {
            // The machine has no memory for it. The owner's group wakes again within a second whoever has not taken what was posted; and an
            // exception would be one on any thread that posts.
            Volatile.Write(ref _isWoken, 0);
        }
    }

    internal ulong AddAcceptSlot(AcceptSlot slot) => _acceptSlots.Add(slot);

    internal void RemoveAcceptSlot(ulong key) => _acceptSlots.Remove(key);

    /// <summary>Has AcceptEx on a listening socket report to this queue's port; false when it reports to another.</summary>
    /// <param name="listenSocket">The socket, which may have had an accept queue here before.</param>
    /// <param name="handle">One of its handles. A port belongs to the socket behind them all.</param>
    internal bool TryAssociate(Socket listenSocket, nint handle)
    {
        if (!_associated.TryGetValue(listenSocket, out _))
        {
            if (!_port.TryAssociate(handle, AcceptKey))
            {
                return false;
            }

            _associated.Add(listenSocket, this);
        }

        return true;
    }

    /// <summary>An AcceptEx that reports by an event has completed. Any thread; a queue that is gone has no use for it.</summary>
    internal void PostAccept(ulong slotKey) => _ = _port.TryPost(AcceptEventKey, (nint)slotKey);

    internal void OnCommitOwed(WinsockRequestQueue requestQueue)
    {
        if (!_owing.Contains(requestQueue))
        {
            _owing.Add(requestQueue);
        }
    }

    private void RetryCommits()
    {
        for (var i = _owing.Count - 1; i >= 0; i--)
        {
            _owing[i].CommitOwed();
            if (!_owing[i].OwesCommit)
            {
                _owing.RemoveAt(i);
            }
        }
    }

    /// <summary>Whether there are completions, now or soon; takes some of them over, since Winsock tells in no other way.</summary>
    private bool Peek(bool maySpin)
    {
        if (TakeOver())
        {
            return true;
        }

        if (!maySpin || !_spin.Begin())
        {
            return false;
        }

        while (Volatile.Read(ref _isWoken) == 0 && _spin.GoOn())
        {
            if (TakeOver())
            {
                _spin.OnFound();
                return true;
            }
        }

        return false;
    }

    private bool TakeOver()
    {
        var count = DequeueRaw(_peeked);
        for (var i = 0; i < count; i++)
        {
            var result = _peeked[i];
            if (TryTranslate(ref result, out var source))
            {
                _ready.Enqueue((result, source));
            }
        }

        return _ready.Count > 0;
    }

    /// <summary>
    /// Has the port told of the next completion. Once: a second RIONotify before the first has been answered is an error, and
    /// one on a queue that is not empty is answered at once, so nothing that came since the last look is missed.
    /// </summary>
    private void Arm()
    {
        if (_isArmed || _failure is not null)
        {
            return;
        }

        var error = _functions.Rio.Notify(_completionQueue);
        if (error is 0 or ErrorCode.AlreadyInProgress)
        {
            _isArmed = true;
        }
        else
        {
            Fail($"Winsock can no longer tell when the completion queue of this poller has something on it (RIONotify: {error}). "
                + "Its connections end, and it takes no new ones.");
        }
    }

    private void LookForAccepts()
    {
        if (_armedAcceptQueues > 0 && ++_passesWithoutLook >= PassesPerLookForAccepts)
        {
            TakePackets(TimeSpan.Zero);
        }
    }

    private void TakePackets(TimeSpan timeout)
    {
        _passesWithoutLook = 0;
        var count = _port.Take(_packets, timeout);
        foreach (ref readonly var packet in _packets.AsSpan(0, count))
        {
            switch (packet.CompletionKey)
            {
                case NotifyKey:
                    _isArmed = false;
                    break;
                case WakeKey:
                    // Who wakes from here on posts again; who did so until here is answered by the end of this call.
                    Interlocked.Exchange(ref _isWoken, 0);
                    break;
                case AcceptKey:
                    OnAccept(((AcceptRequest*)packet.Overlapped)->Key);
                    break;
                case AcceptEventKey:
                    OnAccept((ulong)packet.Overlapped);
                    break;
            }
        }
    }

    private void OnAccept(ulong slotKey)
    {
        if (_acceptSlots.TryGet(slotKey, out var slot))
        {
            slot.OnPacket();
        }
    }
}
