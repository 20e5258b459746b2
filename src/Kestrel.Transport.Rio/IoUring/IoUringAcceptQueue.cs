using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// Accepts by <c>accept4</c> when the listening socket is readable. Not by the ring: a ring that holds the socket keeps the port occupied
/// for some milliseconds after the process was killed.
/// </summary>
internal sealed class IoUringAcceptQueue : AcceptQueue, IRingTarget, ICompletionSource
{
    // The set reports further connections in the next pass, after the work of these.
    private const int MaxPerPass = 32;
    private const int NoDescriptor = -1;

    // Left to the process: without two of them the runtime starts no thread, and it aborts the process for that.
    private const int ReservedDescriptors = 16;

    private readonly IoUringCompletionQueue _completionQueue;
    private readonly Socket _listenSocket;
    private readonly ulong _socketContext;
    private readonly int _firstReserved;
    private readonly Dictionary<int, EndPoint?> _remoteEndPoints = [];

    // A duplicate: the application may dispose its socket at any time, and another socket may get its number.
    private int _descriptor = NoDescriptor;
    private EndPoint? _family;
    private ulong _key;
    private bool _closed;
    private bool _isArmed;
    private int _undequeued;

    /// <param name="completionQueue">Gives out the completions.</param>
    /// <param name="listenSocket">The listening socket.</param>
    /// <param name="socketContext">The context of the completions.</param>
    /// <param name="maxDescriptors">How many descriptors the process may have; null for what the system says (<c>RLIMIT_NOFILE</c>).</param>
    public IoUringAcceptQueue(IoUringCompletionQueue completionQueue, Socket listenSocket, ulong socketContext, int? maxDescriptors = null)
    {
        _completionQueue = completionQueue;
        _listenSocket = listenSocket;
        _socketContext = socketContext;
        var max = maxDescriptors ?? LibC.MaxDescriptors;
        _firstReserved = max - Math.Min(ReservedDescriptors, max / 8);
    }

    public override bool IsArmed => _isArmed || _undequeued > 0;

    public override void Arm()
    {
        ObjectDisposedException.ThrowIf(_closed, this);
        if (IsArmed)
        {
            throw new InvalidOperationException("The accept queue is armed already.");
        }

        var errno = _descriptor == NoDescriptor ? Open() : 0;
        if (errno == 0 && IsShortOfDescriptors())
        {
            errno = Errno.TooManyFiles;
        }

        if (_key == 0)
        {
            _key = _completionQueue.AddTarget(this);
        }

        // An armed queue counts as one request until it is disarmed, so that its ring is not disposed under it.
        _completionQueue.OnInternalStarted();
        _isArmed = true;
        if (errno == 0)
        {
            errno = _completionQueue.AddReadiness(_descriptor, PollEvents.In, _key);
        }

        if (errno != 0)
        {
            Disarm();
            CompleteLater(Errno.ToSocketError(errno));
        }
    }

    public override AcceptedSocket TakeAccepted(in RioResult result)
    {
        _remoteEndPoints.Remove((int)result.RequestContext, out var remoteEndPoint);
        return new AcceptedSocket((nint)result.RequestContext, Socket: null, remoteEndPoint);
    }

    public override void Close()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        if (_isArmed)
        {
            _completionQueue.RemoveReadiness(_descriptor);
            Disarm();
            CompleteLater(SocketError.OperationAborted);
        }

        if (_descriptor != NoDescriptor)
        {
            _ = LibC.Close(_descriptor);
        }

        ReleaseIfDrained();
    }

    public void OnReady(PollEvents events, ref ResultSink sink)
    {
        for (var left = MaxPerPass; left > 0 && _isArmed; left--)
        {
            var result = Accept(out var remoteEndPoint);
            if (result == -Errno.TryAgain)
            {
                return;
            }

            OnSocketAccepted(result, remoteEndPoint, ref sink);
        }
    }

    public void OnCompletion(OperationKind kind, in CompletionEntry completion, ref ResultSink sink)
        => throw new InvalidOperationException("An accept queue has nothing in the ring.");

    public void OnDequeued()
    {
        _undequeued--;
        _completionQueue.OnRequestDequeued();
        ReleaseIfDrained();
    }

    /// <param name="result">A descriptor or a negated errno.</param>
    /// <param name="remoteEndPoint">The peer of the descriptor.</param>
    /// <param name="sink">Where the completion goes.</param>
    internal void OnSocketAccepted(int result, EndPoint? remoteEndPoint, ref ResultSink sink)
    {
        if (result >= 0)
        {
            _remoteEndPoints.Add(result, remoteEndPoint);
            Complete(new RioResult(SocketError.Success, 0, _socketContext, (ulong)result), ref sink);
            if (result >= _firstReserved)
            {
                // The kernel gives the lowest free number (open(2)), so all below it are taken.
                Fail(Errno.TooManyFiles, ref sink);
            }
        }
        else if (result != -Errno.Interrupted)
        {
            Fail(-result, ref sink);
        }
    }

    /// <summary>The error may last, and the set would report a waiting connection in every pass.</summary>
    private void Fail(int errno, ref ResultSink sink)
    {
        _completionQueue.RemoveReadiness(_descriptor);
        Disarm();
        Complete(new RioResult(Errno.ToSocketError(errno), 0, _socketContext, 0), ref sink);
    }

    private bool IsShortOfDescriptors()
    {
        var lowest = LibC.Control(_descriptor, LibC.DuplicateCloseOnExec, 0);
        if (lowest >= 0)
        {
            _ = LibC.Close(lowest);
        }

        return lowest < 0 || lowest >= _firstReserved;
    }

    /// <returns>0 or an errno.</returns>
    private int Open()
    {
        var isHeld = false;
        try
        {
            _family = _listenSocket.LocalEndPoint;
            _listenSocket.SafeHandle.DangerousAddRef(ref isHeld);
            var duplicate = LibC.Control((int)_listenSocket.SafeHandle.DangerousGetHandle(), LibC.DuplicateCloseOnExec, 0);
            if (duplicate < 0)
            {
                return Marshal.GetLastPInvokeError();
            }

            // Another process or another poller may take the connection between the event and the accept.
            if (!LibC.TrySetNonBlocking(duplicate))
            {
                var errno = Marshal.GetLastPInvokeError();
                _ = LibC.Close(duplicate);
                return errno;
            }

            _descriptor = duplicate;
            return 0;
        }
        finally
        {
            if (isHeld)
            {
                _listenSocket.SafeHandle.DangerousRelease();
            }
        }
    }

    /// <returns>A descriptor or a negated errno.</returns>
    private unsafe int Accept(out EndPoint? remoteEndPoint)
    {
        var address = stackalloc byte[SocketAddressBytes.MaxLength];
        var length = (uint)SocketAddressBytes.MaxLength;
        var descriptor = LibC.Accept(_descriptor, address, &length, LibC.SockCloseOnExec | LibC.SockNonBlocking);
        if (descriptor < 0)
        {
            remoteEndPoint = null;
            return -Marshal.GetLastPInvokeError();
        }

        remoteEndPoint = SocketName.Create(_family, address, length);
        return descriptor;
    }

    private void Disarm()
    {
        _isArmed = false;
        _completionQueue.OnInternalEnded();
    }

    private void Complete(in RioResult result, ref ResultSink sink)
    {
        _undequeued++;
        _completionQueue.OnRequestQueued();
        sink.Add(result, this);
    }

    private void CompleteLater(SocketError error)
    {
        _undequeued++;
        _completionQueue.OnRequestQueued();
        _completionQueue.Complete(new RioResult(error, 0, _socketContext, 0), this);
    }

    private void ReleaseIfDrained()
    {
        if (_closed && _undequeued == 0 && _key != 0)
        {
            _completionQueue.RemoveTarget(_key);
            _key = 0;
        }
    }
}
