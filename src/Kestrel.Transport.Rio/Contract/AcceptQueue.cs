namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// The accepts of one listening socket on one completion queue. Not thread-safe: the owner of the completion queue only.
/// Windows: several <c>AcceptEx</c> outstanding, on the completion queue's IOCP. Linux: <c>accept4</c> after an event of
/// <c>epoll</c>.
/// </summary>
internal abstract class AcceptQueue
{
    /// <summary>
    /// True from <see cref="Arm"/> until the completion that ends it was dequeued: a failed one, or the last one after
    /// <see cref="Close"/>. While it is true, further completions may come.
    /// </summary>
    public abstract bool IsArmed { get; }

    /// <summary>
    /// Asks for connections. Each comes as a completion with the queue's socket context, for
    /// <see cref="TakeAccepted"/>. A completion with an error disarms the queue, and the owner decides when to arm it again.
    /// </summary>
    /// <exception cref="ObjectDisposedException">
    /// The queue is closed, or the listening socket was disposed before the first call. Nothing has begun. From the first call on
    /// the queue uses a handle of its own.
    /// </exception>
    public abstract void Arm();

    /// <summary>Takes the socket of a successful completion, once. The caller must close it.</summary>
    public abstract AcceptedSocket TakeAccepted(in RioResult result);

    /// <summary>
    /// Stops accepting. If the queue is armed, the last completion has <see cref="System.Net.Sockets.SocketError.OperationAborted"/>.
    /// Then the queue is disarmed and has closed its own handle. The listening socket stays the caller's.
    /// </summary>
    public abstract void Close();
}
