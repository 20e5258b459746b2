using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>struct io_uring_cqe</c> (linux/io_uring.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct CompletionEntry
{
    public ulong UserData;

    /// <summary>The result of the operation, or a negated errno.</summary>
    public int Result;

    public CompletionFlags Flags;
}
