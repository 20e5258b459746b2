using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Kestrel.Transport.Rio.Contract;

/// <summary>The requests of one connected socket. Windows: <c>RIO_RQ</c>.</summary>
/// <remarks>
/// <para>
/// Not thread-safe, receives and sends together. Only the owner of the completion queue may call it, except for
/// <see cref="Socket"/> and <see cref="SendAtOnce"/>.
/// </para>
/// <para>
/// A method that returns <see cref="SocketError.Success"/> has accepted the request, and exactly one completion follows. Any
/// other value is a refusal, and no completion follows. Receives complete in the order of their posting, and so do sends.
/// Between the two there is no order.
/// </para>
/// <para>
/// The outstanding requests are counted here and nowhere else. A provider raises the count before it posts a request, and lowers
/// it when the caller has dequeued the completion.
/// </para>
/// </remarks>
internal abstract class RequestQueue
{
    /// <summary>The most slices of <see cref="SendAtOnce"/>.</summary>
    public const int MaxSentAtOnce = 64;

    private readonly CompletionQueue _completionQueue;
    private bool _isListed;
    private bool _isDrained;

    protected RequestQueue(CompletionQueue completionQueue, int maxOutstandingReceives, int maxOutstandingSends)
    {
        _completionQueue = completionQueue;
        MaxOutstandingReceives = maxOutstandingReceives;
        MaxOutstandingSends = maxOutstandingSends;
    }

    public int MaxOutstandingReceives { get; }

    public int MaxOutstandingSends { get; }

    /// <summary>Receives and waits for data that were accepted and whose completions were not dequeued.</summary>
    public int OutstandingReceives { get; private set; }

    /// <summary>Sends that were accepted and whose completions were not dequeued.</summary>
    public int OutstandingSends { get; private set; }

    /// <summary>Requests that were accepted and whose completions were not dequeued.</summary>
    public int Outstanding => OutstandingReceives + OutstandingSends;

    /// <summary>True from <see cref="Close"/> on.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>
    /// The managed socket, made on the first use. Any thread. It is for options and for inspection. Disposing it is safe and
    /// closes nothing here: the owner learns of it by <see cref="ConnectionSocket.OnDisposed"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The request queue is closed.</exception>
    /// <exception cref="SocketException">There is no free descriptor for it.</exception>
    public abstract ConnectionSocket Socket { get; }

    protected bool HasRoomForReceive => OutstandingReceives < MaxOutstandingReceives;

    protected bool HasRoomForSend => OutstandingSends < MaxOutstandingSends;

    /// <summary>The address that the peer connected to. Windows and Linux: <c>getsockname</c>.</summary>
    public abstract EndPoint? GetLocalEndPoint(EndPoint family);

    /// <summary>
    /// Asks for bytes. Windows: <c>RIOReceive</c>. Linux: <c>IORING_OP_RECV</c> or <c>IORING_OP_READ_FIXED</c>.
    /// </summary>
    /// <returns>
    /// Success; <see cref="SocketError.NoBufferSpaceAvailable"/> when <see cref="MaxOutstandingReceives"/> are outstanding;
    /// <see cref="SocketError.OperationAborted"/> when the queue is closed.
    /// </returns>
    public abstract SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None);

    /// <summary>
    /// Completes, with 0 bytes, once a receive would return data, a FIN or an error. It holds no buffer and counts as a receive.
    /// Like a receive without <see cref="RequestFlags.Defer"/> it commits the requests deferred before it.
    /// Only with <see cref="RioCapabilities.CanWaitForData"/>. Windows: none. Linux: <c>epoll</c>.
    /// </summary>
    /// <returns>As <see cref="Receive"/>.</returns>
    /// <exception cref="NotSupportedException">The provider has no such request.</exception>
    public abstract SocketError WaitForData(ulong requestContext);

    /// <summary>
    /// Sends all bytes of the slice. The provider continues short transfers. A completion with fewer bytes than asked for
    /// has an error. Windows: <c>RIOSend</c>. Linux: <c>IORING_OP_SEND</c>, or <c>IORING_OP_SENDMSG</c> for several that are
    /// committed together.
    /// </summary>
    /// <returns>
    /// Success; <see cref="SocketError.NoBufferSpaceAvailable"/> when <see cref="MaxOutstandingSends"/> are outstanding;
    /// <see cref="SocketError.OperationAborted"/> when the queue is closed.
    /// </returns>
    public abstract SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None);

    /// <summary>
    /// Sends what the socket's send buffer takes at this moment, without a request and without a completion. When it returns, the
    /// kernel holds none of the memory. Any thread, but one at a time, and only while no send is outstanding. Only with
    /// <see cref="RioCapabilities.CanSendAtOnce"/>. Windows: none. Linux: <c>sendmsg</c> with <c>MSG_DONTWAIT</c>.
    /// </summary>
    /// <param name="buffers">At least one, and at most <see cref="MaxSentAtOnce"/>; registered or not.</param>
    /// <param name="sent">How many bytes were taken from the front.</param>
    /// <returns>
    /// Success with at least one byte; or, with none, <see cref="SocketError.WouldBlock"/> when there is no room,
    /// <see cref="SocketError.OperationAborted"/> when the queue is closed, or else why nothing can be sent any more.
    /// </returns>
    /// <exception cref="NotSupportedException">The provider cannot.</exception>
    public abstract SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent);

    /// <summary>
    /// Starts all deferred requests. A deferred request without a later commit never runs;
    /// <see cref="CompletionQueue.CommitAll"/> commits every queue that has some. Windows: <c>RIOSend</c> with
    /// <c>RIO_MSG_COMMIT_ONLY</c>. Linux: fills the submission queue, and <see cref="CompletionQueue.Submit"/> or
    /// <see cref="CompletionQueue.Wait"/> enters the kernel.
    /// </summary>
    public abstract void Commit();

    /// <summary>
    /// Tells the peer that no more bytes follow (FIN); receives continue. Windows: <c>shutdown(SD_SEND)</c>.
    /// Linux: <c>shutdown(SHUT_WR)</c>.
    /// </summary>
    public abstract SocketError ShutdownSend();

    /// <summary>
    /// Closes the socket, once; a second call does nothing. Outstanding requests, deferred ones too, complete with
    /// <see cref="SocketError.OperationAborted"/> or with their own result, and must still be dequeued. Windows:
    /// <c>closesocket</c>. Linux: <c>IORING_OP_CLOSE</c>.
    /// </summary>
    public abstract void Close(CloseMode mode);

    /// <summary>Commits the deferred requests at the end of a pass.</summary>
    internal void CommitListed()
    {
        _isListed = false;
        if (!IsClosed)
        {
            Commit();
        }
    }

    /// <summary>The caller has the completion of a receive or of a wait for data.</summary>
    internal void OnReceiveDequeued()
    {
        Debug.Assert(OutstandingReceives > 0, "A receive was dequeued that was not outstanding.");
        OutstandingReceives--;
        OnDequeued();
    }

    /// <summary>The caller has the completion of a send.</summary>
    internal void OnSendDequeued()
    {
        Debug.Assert(OutstandingSends > 0, "A send was dequeued that was not outstanding.");
        OutstandingSends--;
        OnDequeued();
    }

    /// <summary>A receive or a wait for data is accepted. Called before it is posted.</summary>
    protected void OnReceiveQueued()
    {
        OutstandingReceives++;
        _completionQueue.OnRequestQueued();
    }

    /// <summary>A send is accepted. Called before it is posted.</summary>
    protected void OnSendQueued()
    {
        OutstandingSends++;
        _completionQueue.OnRequestQueued();
    }

    /// <summary>Has the completion queue commit this queue at the end of the pass.</summary>
    protected void CommitLater()
    {
        if (!_isListed)
        {
            _isListed = true;
            _completionQueue.AddUncommitted(this);
        }
    }

    /// <summary>The last step of an accepted request: commits it, and all deferred before it, now or later.</summary>
    protected void CommitBy(RequestFlags flags)
    {
        if ((flags & RequestFlags.Defer) != 0)
        {
            CommitLater();
        }
        else
        {
            Commit();
        }
    }

    /// <summary>No request is accepted from now on.</summary>
    protected void MarkClosed() => IsClosed = true;

    /// <summary>Releases the queue when it is closed and nothing is outstanding. Called at the end of <see cref="Close"/>.</summary>
    protected void ReleaseIfDrained()
    {
        if (IsClosed && !_isDrained && Outstanding == 0)
        {
            _isDrained = true;
            OnDrained();
            _completionQueue.Release(this);
        }
    }

    /// <summary>The socket is closed and the last completion was dequeued. Called once.</summary>
    protected abstract void OnDrained();

    private void OnDequeued()
    {
        _completionQueue.OnRequestDequeued();
        ReleaseIfDrained();
    }
}
