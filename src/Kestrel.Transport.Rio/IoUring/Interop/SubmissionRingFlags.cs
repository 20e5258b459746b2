namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>IORING_SQ_*</c> (linux/io_uring.h), in memory that the kernel writes.</summary>
[Flags]
internal enum SubmissionRingFlags : uint
{
    /// <summary>Completions wait in the kernel because the ring is full.</summary>
    CompletionQueueOverflow = 1 << 1,

    /// <summary>There is work to enter the kernel for.</summary>
    TaskRun = 1 << 2,
}
