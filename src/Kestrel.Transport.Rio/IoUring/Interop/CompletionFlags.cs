namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>IORING_CQE_F_*</c> (linux/io_uring.h).</summary>
[Flags]
internal enum CompletionFlags : uint
{
    None = 0,

    /// <summary><c>IORING_CQE_F_SOCK_NONEMPTY</c>: the receive has left data behind.</summary>
    SocketNotEmpty = 1 << 2,
}
