namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>IORING_SETUP_*</c> (linux/io_uring.h).</summary>
[Flags]
internal enum SetupFlags : uint
{
    CompletionQueueSize = 1 << 3,
    Clamp = 1 << 4,
    SubmitAll = 1 << 7,
}
