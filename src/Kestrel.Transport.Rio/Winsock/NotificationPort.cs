using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>
/// The completion port on which the owner of one completion queue sleeps. Three kinds of packets come over it: the notification of
/// the <c>RIO_CQ</c>, wake-ups by other threads, and completions of <c>AcceptEx</c>.
/// </summary>
internal sealed unsafe class NotificationPort : IDisposable
{
    // Completion keys.
    private const nint NotifyKey = 1;
    private const nint WakeKey = 2;

    // A completion of AcceptEx; its OVERLAPPED is the head of an AcceptRequest.
    private const nint AcceptKey = 3;

    // A completion of AcceptEx that came by an event; the slot's key takes the place of the OVERLAPPED.
    private const nint AcceptEventKey = 4;

    private const int PacketBatch = 64;

    private readonly CompletionPort _port = new();
    private readonly OverlappedBlock* _notification = (OverlappedBlock*)NativeMemory.AllocZeroed((nuint)sizeof(OverlappedBlock));
    private readonly OverlappedEntry[] _packets = new OverlappedEntry[PacketBatch];
    private readonly SlotTable<AcceptSlot> _acceptSlots = new();
    private readonly ConditionalWeakTable<Socket, object> _associated = [];
    private bool _isArmed;
    private int _isWoken;

    /// <summary>Where a <c>RIO_CQ</c> is to report.</summary>
    public RioNotificationCompletion Notification => new()
    {
        Type = RioNotificationType.Iocp,
        IocpHandle = _port.Handle,
        CompletionKey = NotifyKey,
        Overlapped = (nint)_notification,
    };

    /// <summary>A thread has called <see cref="Wake"/> since the packets were last taken. Any thread.</summary>
    public bool IsWoken => Volatile.Read(ref _isWoken) != 0;

    /// <summary>
    /// Asks Winsock to report the next completion, once: a second RIONotify before the first is answered is an error. On a
    /// queue that is not empty Winsock answers immediately, so no completion is missed.
    /// </summary>
    /// <returns>0, or the error with which Winsock refuses.</returns>
    public int Arm(WinsockFunctions functions, nint completionQueue)
    {
        if (_isArmed)
        {
            return 0;
        }

        var error = functions.Rio.Notify(completionQueue);
        if (error is 0 or ErrorCode.AlreadyInProgress)
        {
            _isArmed = true;
            return 0;
        }

        return error;
    }

    /// <summary>Any thread. One packet serves many callers: until it is taken, further calls post none.</summary>
    public void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) == 0 && !_port.TryPost(WakeKey, 0))
        {
            // The machine has no memory for it. The group wakes within a second every poller whose mailbox is not empty. An
            // exception would reach any thread that posts.
            Volatile.Write(ref _isWoken, 0);
        }
    }

    /// <summary>Takes packets and completes the accepts among them; sleeps until there is one or the time is over.</summary>
    public void Take(TimeSpan timeout)
    {
        var count = _port.Take(_packets, timeout);
        foreach (ref readonly var packet in _packets.AsSpan(0, count))
        {
            switch (packet.CompletionKey)
            {
                case NotifyKey:
                    _isArmed = false;
                    break;
                case WakeKey:
                    // A wake-up from here on posts again. Earlier ones are answered by the end of this call.
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

    public ulong AddAcceptSlot(AcceptSlot slot) => _acceptSlots.Add(slot);

    public void RemoveAcceptSlot(ulong key) => _acceptSlots.Remove(key);

    /// <summary>Has AcceptEx on a listening socket report to this port. False when it reports to another.</summary>
    /// <param name="listenSocket">The socket, which may have had an accept queue here before.</param>
    /// <param name="handle">One of its handles. The port belongs to the socket behind them all.</param>
    public bool TryAssociate(Socket listenSocket, nint handle)
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

    /// <summary>An AcceptEx that reports by an event has completed. Any thread. A closed port ignores it.</summary>
    public void PostAccept(ulong slotKey) => _ = _port.TryPost(AcceptEventKey, (nint)slotKey);

    public void Dispose()
    {
        _port.Dispose();
        NativeMemory.Free(_notification);
    }

    private void OnAccept(ulong slotKey)
    {
        if (_acceptSlots.TryGet(slotKey, out var slot))
        {
            slot.OnPacket();
        }
    }
}
