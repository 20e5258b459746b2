namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>IORING_CQE_F_*</c> (linux/io_uring.h).</summary>
[Flags]
internal enum CompletionFlags : uint
{
    None = 0,

    /// <summary>The multishot request that led to this stays armed.</summary>
    More = 1 << 1,
}
