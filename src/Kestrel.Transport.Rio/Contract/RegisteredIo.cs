using System.Net.Sockets;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// A provider of registered I/O. Windows: the function table of <c>WSAID_MULTIPLE_RIO</c>. Linux: io_uring.
/// </summary>
/// <remarks>
/// The rules are Winsock RIO's on every platform. A request that was accepted gives exactly one completion, also after
/// close. A request that was refused gives none. A buffer is the kernel's from the request until its completion is
/// dequeued. All members of this type may be called from any thread.
/// </remarks>
internal abstract class RegisteredIo : IDisposable
{
    /// <summary>The name for logs and for people: "io_uring", "Winsock RIO".</summary>
    public abstract string Name { get; }

    public abstract RioCapabilities Capabilities { get; }

    /// <summary>
    /// Registers memory with the kernel: with every completion queue that exists and every later one.
    /// Windows: <c>RIORegisterBuffer</c>. Linux: <c>IORING_REGISTER_BUFFERS_UPDATE</c> on each ring.
    /// </summary>
    /// <returns>
    /// <see cref="SocketError.Success"/>. <see cref="SocketError.NoBufferSpaceAvailable"/> when the machine locks no more
    /// memory for this process. <see cref="CompletionQueue.TooManyReferences"/> when there is no room for one more registration of any
    /// size. <see cref="SocketError.Fault"/> or <see cref="SocketError.InvalidArgument"/> for a bad range.
    /// <paramref name="id"/> is <see cref="BufferId.Invalid"/> unless it is success.
    /// </returns>
    public abstract SocketError RegisterBuffer(nint address, int length, out BufferId id);

    /// <summary>
    /// Ends a registration. The caller ensures that no request names it. Neither kernel reports a breach, and
    /// Winsock calls the result undefined. Windows: <c>RIODeregisterBuffer</c>.
    /// </summary>
    public abstract void DeregisterBuffer(BufferId id);

    /// <summary>
    /// Makes a completion queue. Windows: <c>RIOCreateCompletionQueue</c>. Linux: <c>io_uring_setup</c> and its mmaps.
    /// </summary>
    /// <param name="capacity">The completions it must be able to hold, charged by its request queues.</param>
    /// <exception cref="CompletionQueueUnavailableException">The machine provides none.</exception>
    public abstract CompletionQueue CreateCompletionQueue(int capacity);

    /// <summary>
    /// Closes a socket that was accepted and found no request queue. Windows: <c>closesocket</c>. Linux: <c>close</c>.
    /// </summary>
    public abstract void Discard(AcceptedSocket socket);

    /// <summary>
    /// Whether the calling thread can run or waits; null where the system does not show it. Linux: its line in
    /// <c>/proc</c>, and <c>clock_gettime</c> of its clock. Windows: nothing.
    /// </summary>
    public virtual ThreadActivity? ObserveCurrentThread() => null;

    /// <summary>
    /// The processor time of the calling thread; null where the system does not show it. Linux: <c>clock_gettime</c> of its clock,
    /// and its <c>schedstat</c> in <c>/proc</c>. Windows: nothing.
    /// </summary>
    public virtual ThreadTimes? ReadThreadTimes() => null;

    /// <summary>Makes the alarm of a thread that wakes often and does little. Linux: <c>futex</c>. Windows: the runtime's event.</summary>
    public virtual Alarm CreateAlarm() => new EventAlarm();

    public abstract void Dispose();
}
