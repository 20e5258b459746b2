namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>IORING_ENTER_*</c> (linux/io_uring.h).</summary>
[Flags]
internal enum EnterFlags : uint
{
    None = 0,
    GetEvents = 1 << 0,
    ExtendedArgument = 1 << 3,
}
