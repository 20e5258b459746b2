namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>IORING_FEAT_*</c> (linux/io_uring.h).</summary>
[Flags]
internal enum Features : uint
{
    SingleMmap = 1 << 0,
    NoDrop = 1 << 1,
    SubmitStable = 1 << 2,
}
