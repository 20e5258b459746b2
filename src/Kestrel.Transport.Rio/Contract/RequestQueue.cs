using System.Net;
using System.Net.Sockets;

namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// The requests of one connected socket. Not thread-safe, receives and sends together: only the owner of the completion
/// queue may call it, except for <see cref="Socket"/> and
/// <see cref="SendAtOnce"/>. Windows: <c>RIO_RQ</c>.
/// </summary>
/// <remarks>
/// A method that gives <see cref="SocketError.Success"/> has accepted the request, and exactly one completion will come for
/// it. Any other value is a refusal, and none will come. Receives complete in the order in which they were posted, and
/// so do sends; between the two there is no order.
/// </remarks>
internal abstract class RequestQueue
{
    /// <summary>The most slices of <see cref="SendAtOnce"/>.</summary>
    public const int MaxSentAtOnce = 64;

    protected RequestQueue(int maxOutstandingReceives, int maxOutstandingSends)
    {
        MaxOutstandingReceives = maxOutstandingReceives;
        MaxOutstandingSends = maxOutstandingSends;
    }

    public int MaxOutstandingReceives { get; }

    public int MaxOutstandingSends { get; }

    /// <summary>
    /// The managed socket, made on the first use. Any thread. It is for options and for looking at. To dispose it is safe and
    /// closes nothing here: the owner learns of it by <see cref="ConnectionSocket.OnDisposed"/>.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The request queue is closed.</exception>
    /// <exception cref="SocketException">There is no free descriptor for it.</exception>
    public abstract ConnectionSocket Socket { get; }

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
    /// Completes, with 0 bytes, once a receive would have something to say: data, a FIN or an error. It holds no buffer
    /// and counts as a receive; like one without <see cref="RequestFlags.Defer"/> it commits what was deferred before it. Only
    /// with <see cref="RioCapabilities.CanWaitForData"/>. Windows: none. Linux:
    /// <c>epoll</c>.
    /// </summary>
    /// <returns>As <see cref="Receive"/>.</returns>
    /// <exception cref="NotSupportedException">The provider has no such request.</exception>
    public abstract SocketError WaitForData(ulong requestContext);

    /// <summary>
    /// Sends all bytes of the slice: short transfers are carried on by the provider, and a completion with fewer bytes
    /// than asked for has an error to go with it. Windows: <c>RIOSend</c>. Linux: <c>IORING_OP_SEND</c>, or
    /// <c>IORING_OP_SENDMSG</c> for several that are committed together.
    /// </summary>
    /// <returns>
    /// Success; <see cref="SocketError.NoBufferSpaceAvailable"/> when <see cref="MaxOutstandingSends"/> are outstanding;
    /// <see cref="SocketError.OperationAborted"/> when the queue is closed.
    /// </returns>
    public abstract SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None);

    /// <summary>
    /// Sends what the socket's send buffer takes at this moment, with no request and no completion: when it returns nothing of
    /// the memory is the kernel's. Any thread, but one at a time, and only while no send is outstanding. Only with
    /// <see cref="RioCapabilities.CanSendAtOnce"/>. Windows: none. Linux: <c>sendmsg</c> with <c>MSG_DONTWAIT</c>.
    /// </summary>
    /// <param name="buffers">At least one, and at most <see cref="MaxSentAtOnce"/>; registered or not.</param>
    /// <param name="sent">How many bytes were taken from the front.</param>
    /// <returns>
    /// Success with at least one byte; or, with none, <see cref="SocketError.WouldBlock"/> when there is no room,
    /// <see cref="SocketError.OperationAborted"/> when the queue is closed, and else why nothing can be sent any more.
    /// </returns>
    /// <exception cref="NotSupportedException">The provider cannot.</exception>
    public abstract SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent);

    /// <summary>
    /// Starts all deferred requests. A deferred request with no commit after it never runs.
    /// Windows: <c>RIOSend</c> with <c>RIO_MSG_COMMIT_ONLY</c>. Linux: fills the submission queue;
    /// <see cref="CompletionQueue.Submit"/> or <see cref="CompletionQueue.Wait"/> enters the kernel.
    /// </summary>
    public abstract void Commit();

    /// <summary>
    /// Tells the peer that nothing more will be sent (FIN); receives go on. Windows: <c>shutdown(SD_SEND)</c>.
    /// Linux: <c>shutdown(SHUT_WR)</c>.
    /// </summary>
    public abstract SocketError ShutdownSend();

    /// <summary>
    /// Closes the socket, once; a second call does nothing. What is outstanding, deferred requests too, completes with
    /// <see cref="SocketError.OperationAborted"/> or with its own result, and must still be dequeued. Windows:
    /// <c>closesocket</c>. Linux: <c>IORING_OP_CLOSE</c>.
    /// </summary>
    public abstract void Close(CloseMode mode);
}
