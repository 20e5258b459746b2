using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>A sequence of AcceptEx calls, each with a socket that was made for it.</summary>
internal sealed unsafe class AcceptSlot : IDisposable
{
    private readonly WinsockAcceptQueue _acceptQueue;
    private readonly NotificationPort _port;
    private readonly WinsockFunctions _functions;
    private readonly nint _listenSocket;
    private readonly AcceptRequest* _request;
    private readonly AutoResetEvent? _event;
    private readonly RegisteredWaitHandle? _eventWait;
    private nint _accepted = Ws2.InvalidSocket;

    /// <param name="acceptQueue">The accept queue, which is notified of completions.</param>
    /// <param name="port">Where completions arrive.</param>
    /// <param name="functions">Winsock's.</param>
    /// <param name="listenSocket">The listening socket.</param>
    /// <param name="reportsToPort">
    /// The listening socket reports to the completion queue's port. If not, it reports to another port permanently, and completions
    /// come by an event.
    /// </param>
    public AcceptSlot(
        WinsockAcceptQueue acceptQueue,
        NotificationPort port,
        WinsockFunctions functions,
        nint listenSocket,
        bool reportsToPort)
    {
        _acceptQueue = acceptQueue;
        _port = port;
        _functions = functions;
        _listenSocket = listenSocket;
        _request = (AcceptRequest*)NativeMemory.AllocZeroed((nuint)sizeof(AcceptRequest));
        var key = port.AddAcceptSlot(this);
        _request->Key = key;
        if (!reportsToPort)
        {
            _event = new AutoResetEvent(initialState: false);
            _eventWait = ThreadPool.UnsafeRegisterWaitForSingleObject(
                _event, (_, _) => port.PostAccept(key), state: null, Timeout.Infinite, executeOnlyOnce: false);
        }
    }

    public bool IsInFlight { get; private set; }

    /// <summary>Begins to accept, on the thread that owns the completion queue. When that thread ends, the kernel cancels the accept.</summary>
    public SocketError Start(int family)
    {
        _accepted = WinsockFunctions.CreateSocket(family);
        if (_accepted == Ws2.InvalidSocket)
        {
            return ErrorCode.ToSocketError(Marshal.GetLastPInvokeError());
        }

        // An event with its lowest bit set keeps the completion from the port that the listening socket reports to.
        const nint NotToThePort = 1;
        _request->Overlapped = new OverlappedBlock
        {
            EventHandle = _event is null ? 0 : _event.SafeWaitHandle.DangerousGetHandle() | NotToThePort,
        };
        uint received;
        if (_functions.AcceptEx(
            _listenSocket, _accepted, &_request->Output, 0, AcceptRequest.AddressLength, AcceptRequest.AddressLength,
            &received, &_request->Overlapped) == 0)
        {
            var error = Marshal.GetLastSystemError();
            if (error != ErrorCode.IoPending)
            {
                CloseAccepted();
                return ErrorCode.ToSocketError(error);
            }
        }

        // The port reports an accept that succeeds immediately, too.
        IsInFlight = true;
        return SocketError.Success;
    }

    public void Cancel()
    {
        if (IsInFlight)
        {
            // It may have completed already. Its completion comes in either case.
            _ = Kernel32.CancelIo(_listenSocket, &_request->Overlapped);
        }
    }

    public void OnPacket()
    {
        if (IsInFlight && _request->Overlapped.Internal != OverlappedBlock.StatusPending)
        {
            IsInFlight = false;
            _acceptQueue.OnAcceptCompleted(this);
        }
    }

    /// <summary>The outcome of the accept. On success the socket is the caller's.</summary>
    public SocketError Finish(bool noDelay, out nint socket)
    {
        socket = Ws2.InvalidSocket;
        uint bytes;
        var error = Kernel32.GetOverlappedResult(_listenSocket, &_request->Overlapped, &bytes, wait: 0) != 0
            ? SocketError.Success
            : ErrorCode.ToSocketError(Marshal.GetLastPInvokeError());
        if (error == SocketError.Success)
        {
            error = Complete(noDelay);
        }

        if (error != SocketError.Success)
        {
            CloseAccepted();
            return error;
        }

        socket = _accepted;
        _accepted = Ws2.InvalidSocket;
        return SocketError.Success;
    }

    /// <summary>
    /// The peer's address, from the output of AcceptEx, so that the address of a peer that has reset the connection is known too.
    /// Valid until the slot starts again.
    /// </summary>
    public EndPoint? RemoteEndPoint(EndPoint family)
    {
        byte* local;
        byte* remote;
        int localLength;
        int remoteLength;
        _functions.GetAcceptExSockaddrs(
            &_request->Output, 0, AcceptRequest.AddressLength, AcceptRequest.AddressLength, &local, &localLength, &remote, &remoteLength);
        return remote is null || remoteLength <= 0 ? null : SocketAddressBytes.ToEndPoint(family, remote, remoteLength);
    }

    public void Dispose()
    {
        _port.RemoveAcceptSlot(_request->Key);
        _eventWait?.Unregister(waitObject: null);
        _event?.Dispose();
        CloseAccepted();
        NativeMemory.Free(_request);
    }

    /// <summary>
    /// Gives an accepted socket its listening socket's context (SO_UPDATE_ACCEPT_CONTEXT). Without it the socket has no addresses and
    /// cannot be shut down. Winsock does not document that TCP_NODELAY is inherited, so it is set here.
    /// </summary>
    private SocketError Complete(bool noDelay)
    {
        var listenSocket = _listenSocket;
        var isOn = 1;
        var failed = Ws2.SetOption(
                _accepted, Ws2.LevelSocket, Ws2.OptionUpdateAcceptContext, &listenSocket, sizeof(nint)) != 0
            || (noDelay && Ws2.SetOption(_accepted, Ws2.ProtocolTcp, Ws2.OptionNoDelay, &isOn, sizeof(int)) != 0);

        // A connection whose peer is gone refuses its options.
        return failed ? SocketError.ConnectionAborted : SocketError.Success;
    }

    private void CloseAccepted()
    {
        if (_accepted != Ws2.InvalidSocket)
        {
            _ = Ws2.Close(_accepted);
            _accepted = Ws2.InvalidSocket;
        }
    }
}
