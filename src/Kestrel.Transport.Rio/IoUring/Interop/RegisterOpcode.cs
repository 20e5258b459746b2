namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>IORING_REGISTER_*</c> (linux/io_uring.h).</summary>
internal enum RegisterOpcode : uint
{
    Probe = 8,
    Buffers2 = 15,
    BuffersUpdate = 16,
}
