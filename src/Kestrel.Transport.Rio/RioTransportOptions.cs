using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Hosting;

namespace Kestrel.Transport.Rio;

/// <summary>
/// Options of the registered I/O transport. What Kestrel's Sockets transport has too has the same name, default and
/// meaning here. They can be bound from configuration, section <c>Kestrel:Rio</c>, and are validated when the host starts.
/// </summary>
public sealed class RioTransportOptions
{
    /// <summary>The configuration section that <c>UseRio()</c> binds: <c>Kestrel:Rio</c>.</summary>
    public const string ConfigurationSection = "Kestrel:Rio";

    /// <summary>
    /// Sets how many pollers there are. A poller is a thread with a completion queue and the connections on it. All endpoints of
    /// the host share them. Sockets calls its counterpart <c>IOQueueCount</c>. Linux: one io_uring each. Windows: one
    /// <c>RIO_CQ</c> each.
    /// </summary>
    /// <value>Default: the number of processors, at most 16. Valid: 1 to 1024.</value>
    public int PollerCount { get; set; } = Math.Min(Environment.ProcessorCount, 16);

    /// <summary>
    /// Sets where application code runs. Change it to <see cref="ApplicationScheduling.ThreadPool"/> when most requests block, and
    /// to <see cref="ApplicationScheduling.Inline"/> when no handler ever does.
    /// </summary>
    /// <value>Default: <see cref="ApplicationScheduling.Adaptive"/>.</value>
    public ApplicationScheduling ApplicationScheduling { get; set; } = ApplicationScheduling.Adaptive;

    /// <summary>
    /// Sets how long application code may hold a poller before another thread takes it over. Only with
    /// <see cref="ApplicationScheduling.Adaptive"/>.
    /// </summary>
    /// <remarks>
    /// Pollers are sampled, so a hand-over may come up to twice this long after the stall began. After a quiet period it may come up
    /// to 35 ms later. On Windows the times are multiples of the system's timer tick of 15.6 ms, so it may come up to 50 ms later.
    /// </remarks>
    /// <value>Default: 1 ms. Valid: 1 ms to 1 s.</value>
    public TimeSpan HandOverThreshold { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// Sets how many threads a poller may have: the one that leads it, and those that application code blocks. Only with
    /// <see cref="ApplicationScheduling.Adaptive"/>.
    /// </summary>
    /// <remarks>
    /// Threads are started when they are needed. On Linux they end when they are not. When three quarters of them are blocked,
    /// connections that were not quick so far run on the thread pool. When all but one are blocked, all connections of the poller
    /// do. That ends when half of them are back.
    /// </remarks>
    /// <value>Default: 64. Valid: 2 to 256.</value>
    public int MaxPollerThreads { get; set; } = 64;

    /// <summary>
    /// Sets what happens where registered I/O is not available. With <c>KESTREL_RIO=off</c> in the environment of the process
    /// Sockets serves in either case.
    /// </summary>
    /// <value>Default: <see cref="UnavailableBehavior.UseSockets"/>.</value>
    public UnavailableBehavior Fallback { get; set; } = UnavailableBehavior.UseSockets;

    /// <summary>
    /// Sets how many connections may wait in the kernel: the backlog of <c>listen(2)</c>. The system caps it (Linux:
    /// <c>net.core.somaxconn</c>). An endpoint accepts about 64 connections ahead of Kestrel.
    /// </summary>
    /// <value>Default: 512 connections. Valid: 1 and more.</value>
    public int Backlog { get; set; } = 512;

    /// <summary>Sends small segments immediately, without Nagle's algorithm: <c>TCP_NODELAY</c>.</summary>
    /// <value>Default: true.</value>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// Sets how many unread bytes a connection may hold before the transport stops reading from its socket. Reading continues when
    /// the application has read down to half of it.
    /// </summary>
    /// <value>Default: 1,048,576 bytes. Valid: null or 0 for no limit, or more.</value>
    public long? MaxReadBufferSize { get; set; } = 1024 * 1024;

    /// <summary>
    /// Sets how many unsent bytes a connection may hold before a flush by the application waits. The flush completes when half of
    /// them have been sent.
    /// </summary>
    /// <value>Default: 65,536 bytes. Valid: null or 0 for no limit, or more.</value>
    public long? MaxWriteBufferSize { get; set; } = 64 * 1024;

    /// <summary>
    /// Waits for data before it takes a buffer, so that idle connections hold no memory. On Windows they hold
    /// <see cref="IdleReceiveSize"/> bytes. Linux: <c>epoll</c>. Windows: a small <c>RIOReceive</c>.
    /// </summary>
    /// <value>Default: true. False saves work on every request and costs a block of 4 KiB for every idle connection.</value>
    public bool WaitForDataBeforeAllocatingBuffer { get; set; } = true;

    /// <summary>
    /// Ends aborted connections with FIN instead of RST. The peer then takes an error for an orderly end. For compatibility only.
    /// </summary>
    /// <value>Default: false.</value>
    public bool FinOnError { get; set; }

    /// <summary>
    /// Sets how much memory the transport may register with the kernel, which locks it. At the limit, receives wait until memory
    /// is returned, and output is kept in ordinary memory. Linux: <c>IORING_REGISTER_BUFFERS_UPDATE</c>. Windows:
    /// <c>RIORegisterBuffer</c>.
    /// </summary>
    /// <remarks>
    /// On Linux each poller's ring registers the memory, so <c>RLIMIT_MEMLOCK</c> is charged <see cref="PollerCount"/> times. A
    /// connection that holds no memory may receive beyond the limit there, into ordinary memory of up to a sixteenth of the limit
    /// and at least 16 KiB. When half-read messages and idle connections hold all memory, each poller lets one connection per
    /// second go beyond the limit. On Windows, which receives into registered memory only, one <see cref="SlabSize"/> is added.
    /// </remarks>
    /// <value>Default: null, no limit but the machine's own. Valid: null, or <see cref="SlabSize"/> bytes and more.</value>
    public long? MaxRegisteredMemory { get; set; }

    /// <summary>Sets the size of a slab: the unit in which memory is allocated, registered and released.</summary>
    /// <value>Default: 1,048,576 bytes. Valid: a multiple of 4,096, from 65,536 to 1,073,741,824.</value>
    public int SlabSize { get; set; } = 1024 * 1024;

    /// <summary>Sets how much memory one registration covers.</summary>
    /// <value>Default: <see cref="RegistrationGranularity.Slab"/>.</value>
    public RegistrationGranularity RegistrationGranularity { get; set; } = RegistrationGranularity.Slab;

    /// <summary>
    /// Sets how many bytes an idle connection holds on Windows, which cannot wait for data without a buffer. Its next bytes are
    /// received into a slice of this size and copied on. Many slices share a block.
    /// </summary>
    /// <remarks>
    /// It has an effect only with <see cref="WaitForDataBeforeAllocatingBuffer"/> and with
    /// <see cref="RegistrationGranularity.Slab"/>. A connection that receives more than a slice holds uses whole blocks.
    /// </remarks>
    /// <value>Default: 1,024 bytes, which most requests fit into. Valid: a multiple of 64, from 64 to 2,048.</value>
    public int IdleReceiveSize { get; set; } = 1024;

    /// <summary>
    /// Sets what is done with memory that a connection has returned. Buffers for bulk data and the slices of idle connections are
    /// cleared too, but not checked.
    /// </summary>
    /// <value>Default: <see cref="ReturnedMemory.Kept"/>.</value>
    public ReturnedMemory ReturnedMemory { get; set; } = ReturnedMemory.Kept;

    /// <summary>
    /// Makes the listening socket of an endpoint, bound but not yet listening. Use it for socket options that must be set before
    /// the bind. The socket becomes the transport's, for one endpoint of one host.
    /// </summary>
    /// <value>Default: <see cref="CreateDefaultBoundListenSocket"/>.</value>
    public Func<EndPoint, Socket> CreateBoundListenSocket { get; set; } = CreateDefaultBoundListenSocket;

    /// <summary>
    /// Makes a listening socket as the transport does by default: dual-mode for <see cref="IPAddress.IPv6Any"/>, over the
    /// existing handle for a <see cref="Microsoft.AspNetCore.Connections.FileHandleEndPoint"/>, a stream socket for a
    /// <see cref="UnixDomainSocketEndPoint"/>. Platform calls: <c>socket</c>, <c>bind</c>.
    /// </summary>
    /// <param name="endpoint">The endpoint to bind.</param>
    /// <returns>The bound socket, which is the caller's.</returns>
    /// <exception cref="ArgumentNullException"><paramref name="endpoint"/> is null.</exception>
    /// <exception cref="NotSupportedException">A handle endpoint that is not a TCP or Unix socket.</exception>
    /// <exception cref="SocketException">The endpoint cannot be bound.</exception>
    public static Socket CreateDefaultBoundListenSocket(EndPoint endpoint) => ListenSocket.CreateBound(endpoint);
}
