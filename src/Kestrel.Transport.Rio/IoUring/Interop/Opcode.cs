namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>IORING_OP_*</c> (linux/io_uring.h).</summary>
internal enum Opcode : byte
{
    ReadFixed = 4,
    WriteFixed = 5,
    SendMessage = 9,
    Close = 19,
    Send = 26,
    Receive = 27,

    /// <summary>Not used here. It came with kernel 6.1, and so its presence shows a new enough kernel.</summary>
    SendMessageZeroCopy = 48,
}
