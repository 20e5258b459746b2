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
    /// How many pollers there are: threads that each own one completion queue and the connections on it, shared by all
    /// endpoints of the host. In connections' terms what <c>IOQueueCount</c> is to Sockets. Linux: one io_uring each.
    /// </summary>
    /// <value>Default: the number of processors, at most 16. Valid: 1 to 1024.</value>
    public int PollerCount { get; set; } = Math.Min(Environment.ProcessorCount, 16);

    /// <summary>Where application code runs.</summary>
    /// <value>Default: <see cref="ApplicationScheduling.Adaptive"/>.</value>
    public ApplicationScheduling ApplicationScheduling { get; set; } = ApplicationScheduling.Adaptive;

    /// <summary>
    /// How long application code may keep a poller until another thread takes it over, with
    /// <see cref="ApplicationScheduling.Adaptive"/>. It is looked at about as often, so it may last twice as long; and less often the
    /// longer no poller was taken over, after 4 seconds, and while none ever was, every 30 ms where that is less often, so it may last up
    /// to 35 ms more. On Windows the times are multiples of a tick of the system's timer, which is 15.6 ms unless somebody has asked for a
    /// finer one: up to 50 ms more.
    /// </summary>
    /// <value>Default: 1 ms. Valid: 1 ms to 1 s.</value>
    public TimeSpan HandOverThreshold { get; set; } = TimeSpan.FromMilliseconds(1);

    /// <summary>
    /// How many threads a poller may have with <see cref="ApplicationScheduling.Adaptive"/>: the one that leads it, and those
    /// that blocking application code keeps. They are made when they are needed, and on Linux end when they are not. When three
    /// quarters are kept, connections that have not been quick so far are served on the thread pool, and when all but one
    /// are, all connections of that poller; until half of them are back.
    /// </summary>
    /// <value>Default: 64. Valid: 2 to 256.</value>
    public int MaxPollerThreads { get; set; } = 64;

    /// <summary>
    /// What happens where registered I/O is not available. Where the environment of the process switches it off
    /// (<c>KESTREL_RIO=off</c>), Sockets serves in either case.
    /// </summary>
    /// <value>Default: <see cref="UnavailableBehavior.UseSockets"/>.</value>
    public UnavailableBehavior Fallback { get; set; } = UnavailableBehavior.UseSockets;

    /// <summary>
    /// The length of the queue of connections that wait to be accepted: <c>listen(2)</c>'s backlog. The system caps it
    /// (Linux: <c>net.core.somaxconn</c>). An endpoint accepts about 64 connections ahead of Kestrel; the others wait here.
    /// </summary>
    /// <value>Default: 512 connections. Valid: 1 and more.</value>
    public int Backlog { get; set; } = 512;

    /// <summary>
    /// Sends small segments at once in place of waiting to gather more (Nagle's algorithm): <c>TCP_NODELAY</c>.
    /// </summary>
    /// <value>Default: true.</value>
    public bool NoDelay { get; set; } = true;

    /// <summary>
    /// How many received bytes a connection holds before the transport stops reading from its socket; it goes on once the
    /// application has read down to half of it.
    /// </summary>
    /// <value>Default: 1,048,576 bytes. Valid: null or 0 for no limit, or more.</value>
    public long? MaxReadBufferSize { get; set; } = 1024 * 1024;

    /// <summary>
    /// How many unsent bytes a connection holds before a flush by the application waits; it goes on once half of them has
    /// been sent.
    /// </summary>
    /// <value>Default: 65,536 bytes. Valid: null or 0 for no limit, or more.</value>
    public long? MaxWriteBufferSize { get; set; } = 64 * 1024;

    /// <summary>
    /// Waits until a connection has data before a buffer is taken for it, so that idle connections hold no memory.
    /// Where a provider cannot wait without a buffer they hold a slice of <see cref="IdleReceiveSize"/> bytes.
    /// Linux: <c>epoll</c>. Windows: a small <c>RIOReceive</c>.
    /// </summary>
    /// <value>Default: true. False saves work on every request and costs a block of 4 KiB for every idle connection.</value>
    public bool WaitForDataBeforeAllocatingBuffer { get; set; } = true;

    /// <summary>
    /// Ends aborted connections with FIN in place of RST, so that the peer takes an error for an orderly end. For
    /// compatibility only.
    /// </summary>
    /// <value>Default: false.</value>
    public bool FinOnError { get; set; }

    /// <summary>
    /// How much memory the transport may register with the kernel, which locks it. Past it, receives wait until memory
    /// comes back, and what the application writes is kept in ordinary memory. On Linux a connection that has given back all it
    /// had is received from beyond the limit, with ordinary memory of up to a sixteenth of it (16 KiB at least); Windows receives
    /// into registered memory alone. Where nothing comes back because all of it is in half-read messages and idle connections,
    /// one connection of a poller goes beyond it each second, and on Windows one <see cref="SlabSize"/> is added. On Linux every
    /// poller's ring registers it for itself, so <c>RLIMIT_MEMLOCK</c> is charged <see cref="PollerCount"/> times as much.
    /// Linux: <c>IORING_REGISTER_BUFFERS_UPDATE</c>. Windows: <c>RIORegisterBuffer</c>.
    /// </summary>
    /// <value>Default: null, no limit but the machine's own. Valid: null, or <see cref="SlabSize"/> bytes and more.</value>
    public long? MaxRegisteredMemory { get; set; }

    /// <summary>The size of a slab, the unit in which memory is allocated, registered and given back.</summary>
    /// <value>Default: 1,048,576 bytes. Valid: a multiple of 4,096, from 65,536 to 1,073,741,824.</value>
    public int SlabSize { get; set; } = 1024 * 1024;

    /// <summary>How much memory one registration covers.</summary>
    /// <value>Default: <see cref="RegistrationGranularity.Slab"/>.</value>
    public RegistrationGranularity RegistrationGranularity { get; set; } = RegistrationGranularity.Slab;

    /// <summary>
    /// How much memory an idle connection holds where a provider cannot wait without a buffer: its next bytes are received into
    /// a slice of this size, of which many share a block, and copied on. While more comes than a slice holds, whole blocks are
    /// received into. It has an effect where <see cref="WaitForDataBeforeAllocatingBuffer"/> is on and registrations are not
    /// made block by block. Windows only.
    /// </summary>
    /// <value>Default: 1,024 bytes, which most requests fit into. Valid: a multiple of 64, from 64 to 2,048.</value>
    public int IdleReceiveSize { get; set; } = 1024;

    /// <summary>
    /// What is done with memory that a connection has given back: nothing, or it is cleared, or filled with a pattern that is
    /// checked. What a poller receives bulk data into, and the slices of idle connections, are cleared too, but not checked.
    /// </summary>
    /// <value>Default: <see cref="ReturnedMemory.Kept"/>.</value>
    public ReturnedMemory ReturnedMemory { get; set; } = ReturnedMemory.Kept;

    /// <summary>
    /// Makes the listening socket of an endpoint, bound but not yet listening. For socket options that have to be set
    /// before the bind. The socket is the transport's from then on, for one endpoint of one host.
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
