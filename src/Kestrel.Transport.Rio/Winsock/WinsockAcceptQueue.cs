using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>Several AcceptEx on one listening socket, each repeated when it has a connection.</summary>
internal sealed class WinsockAcceptQueue : AcceptQueue, ICompletionSource
{
    // A burst of connections meets this many accepts. The rest waits in the backlog.
    private const int Accepts = 16;

    private readonly WinsockFunctions _functions;
    private readonly WinsockCompletionQueue _completionQueue;
    private readonly NotificationPort _port;
    private readonly Socket _listenSocket;
    private readonly AddressFamily _addressFamily;
    private readonly ulong _socketContext;
    private readonly Dictionary<nint, EndPoint?> _untaken = [];
    private AcceptSlot[] _slots = [];
    private ListeningHandle? _handle;
    private EndPoint? _family;
    private SocketError _error;
    private bool _noDelay;
    private bool _isArmed;
    private bool _hasEnded;
    private bool _closed;
    private int _inFlight;
    private int _undequeued;

    public WinsockAcceptQueue(
        WinsockFunctions functions,
        WinsockCompletionQueue completionQueue,
        NotificationPort port,
        Socket listenSocket,
        ulong socketContext)
    {
        _functions = functions;
        _completionQueue = completionQueue;
        _port = port;
        _listenSocket = listenSocket;
        _addressFamily = listenSocket.AddressFamily;
        _socketContext = socketContext;
    }

    public override bool IsArmed => _isArmed;

    public override void Arm()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (_isArmed)
        {
            throw new InvalidOperationException("The accept queue is armed already.");
        }

        var error = _handle is null ? Open() : SocketError.Success;
        _isArmed = true;
        _hasEnded = false;
        _error = SocketError.Success;
        _completionQueue.OnAcceptsArmed();
        if (error == SocketError.Success)
        {
            Refill();
        }
        else
        {
            End(error);
        }
    }

    /// <summary>Takes the socket: its handle is the completion's request context.</summary>
    public override AcceptedSocket TakeAccepted(in RioResult result)
    {
        var handle = (nint)result.RequestContext;
        _untaken.Remove(handle, out var remoteEndPoint);
        return new AcceptedSocket(handle, Socket: null, remoteEndPoint);
    }

    public override void Close()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        CancelAll();
        ReleaseIfDisarmed();
    }

    /// <summary>An AcceptEx has completed.</summary>
    public void OnAcceptCompleted(AcceptSlot slot)
    {
        _inFlight--;
        var error = slot.Finish(_noDelay, out var socket);
        if (error == SocketError.Success)
        {
            _untaken[socket] = _family is null ? null : slot.RemoteEndPoint(_family);
            Add(new RioResult(SocketError.Success, 0, _socketContext, (ulong)socket));
        }
        else if (!IsOfTheConnection(error) && _error == SocketError.Success && !_closed)
        {
            _error = error;
            CancelAll();
        }

        if (!_closed && _error == SocketError.Success)
        {
            Refill();
        }
        else if (_inFlight == 0)
        {
            End(_closed ? SocketError.OperationAborted : _error);
        }
    }

    public void OnDequeued()
    {
        _undequeued--;
        _completionQueue.OnRequestDequeued();
        if (_hasEnded && _undequeued == 0)
        {
            _isArmed = false;
            ReleaseIfDisarmed();
        }
    }

    /// <summary>
    /// Whether the error ended only this one accept. Either the connection was reset before it was accepted, or the thread that began the
    /// accept has ended, which cancels it.
    /// </summary>
    private static bool IsOfTheConnection(SocketError error) => error is
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.NotConnected or SocketError.OperationAborted;

    /// <summary>Opens the own handle. The application's socket is not used from here on.</summary>
    private SocketError Open()
    {
        _noDelay = _listenSocket.ProtocolType == ProtocolType.Tcp && _listenSocket.NoDelay;
        _family = _listenSocket.LocalEndPoint;
        var error = ListeningHandle.Open(_listenSocket, out _handle);
        if (_handle is null)
        {
            return error;
        }

        var reportsToPort = _port.TryAssociate(_listenSocket, _handle.Value);
        _slots = new AcceptSlot[Accepts];
        for (var i = 0; i < _slots.Length; i++)
        {
            _slots[i] = new AcceptSlot(this, _port, _functions, _handle.Value, reportsToPort);
        }

        return error;
    }

    /// <summary>Begins an accept in every slot that has none. The queue ends only when no accept is left.</summary>
    private void Refill()
    {
        foreach (var slot in _slots)
        {
            if (slot.IsInFlight)
            {
                continue;
            }

            var error = slot.Start((int)_addressFamily);
            if (error == SocketError.Success)
            {
                _inFlight++;
            }
            else
            {
                if (_inFlight == 0)
                {
                    End(error);
                }

                return;
            }
        }
    }

    private void CancelAll()
    {
        foreach (var slot in _slots)
        {
            slot.Cancel();
        }
    }

    private void End(SocketError error)
    {
        _hasEnded = true;
        _completionQueue.OnAcceptsDisarmed();
        Add(new RioResult(error, 0, _socketContext, 0));
    }

    private void Add(in RioResult result)
    {
        _undequeued++;
        _completionQueue.OnRequestQueued();
        _completionQueue.Complete(result, this);
    }

    private void ReleaseIfDisarmed()
    {
        if (_closed && !_isArmed)
        {
            Array.ForEach(_slots, static slot => slot.Dispose());
            _slots = [];
            _handle?.Dispose();
        }
    }
}
