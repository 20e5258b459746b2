namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// The accepts of one listening socket on one completion queue. Not thread-safe: the owner of the completion queue only.
/// Windows: several <c>AcceptEx</c> outstanding, on the completion queue's IOCP. Linux: <c>accept4</c> when
/// <c>epoll</c> says so.
/// </summary>
internal abstract class AcceptQueue
{
    /// <summary>
    /// True from <see cref="Arm"/> until the completion that ends it has been dequeued: a failed one, or the last one after
    /// <see cref="Close"/>. While it is true more completions come by themselves.
    /// </summary>
    public abstract bool IsArmed { get; }

    /// <summary>
    /// Asks for connections. Each comes as a completion with the queue's socket context, to be given to
    /// <see cref="TakeAccepted"/>. A completion with an error disarms the queue, and the owner decides when to arm it again.
    /// </summary>
    /// <exception cref="ObjectDisposedException">
    /// The queue is closed, or the listening socket was disposed before the first call. Nothing has begun. After the first call
    /// the application's socket is not used any more: the queue has a handle of its own.
    /// </exception>
    public abstract void Arm();

    /// <summary>The socket of a successful completion. Called once for each; it is then the caller's to close.</summary>
    public abstract AcceptedSocket TakeAccepted(in RioResult result);

    /// <summary>
    /// Stops accepting. If the queue is armed, completions go on coming until one says
    /// <see cref="System.Net.Sockets.SocketError.OperationAborted"/>; then it is disarmed and has closed its own handle of the listening
    /// socket, which stays the caller's.
    /// </summary>
    public abstract void Close();
}
