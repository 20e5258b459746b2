using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary><c>RIO_EXTENSION_FUNCTION_TABLE</c> (mswsock.h): a size that the caller sets, and 13 functions.</summary>
/// <remarks>
/// <c>BOOL</c> is int, <c>RIO_CQ</c>, <c>RIO_RQ</c>, <c>SOCKET</c> and the contexts are as wide as a pointer. After a call that
/// failed the error is read with <see cref="Marshal.GetLastSystemError"/> before anything else is done.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct RioExtensionFunctionTable
{
    /// <summary><c>RIO_INVALID_CQ</c> (mswsockdef.h).</summary>
    public const nint InvalidCompletionQueue = 0;

    /// <summary><c>RIO_INVALID_RQ</c> (mswsockdef.h).</summary>
    public const nint InvalidRequestQueue = 0;

    /// <summary><c>RIO_CORRUPT_CQ</c> (mswsockdef.h): instead of a count of completions.</summary>
    public const uint CorruptCompletionQueue = 0xFFFF_FFFF;

    /// <summary><c>RIO_MAX_CQ_SIZE</c> (mswsockdef.h).</summary>
    public const int MaxCompletionQueueSize = 0x800_0000;

    public uint Size;

    /// <summary><c>BOOL RIOReceive(RIO_RQ, PRIO_BUF, ULONG DataBufferCount, DWORD Flags, PVOID RequestContext)</c></summary>
    public delegate* unmanaged[Stdcall]<nint, RioBuf*, uint, RioMessageFlags, nuint, int> Receive;

    /// <summary>
    /// <c>int RIOReceiveEx(RIO_RQ, PRIO_BUF data, ULONG DataBufferCount, PRIO_BUF local, PRIO_BUF remote, PRIO_BUF control,
    /// PRIO_BUF flags, DWORD Flags, PVOID RequestContext)</c>
    /// </summary>
    public delegate* unmanaged[Stdcall]<nint, RioBuf*, uint, RioBuf*, RioBuf*, RioBuf*, RioBuf*, RioMessageFlags, nuint, int> ReceiveEx;

    /// <summary><c>BOOL RIOSend(RIO_RQ, PRIO_BUF, ULONG DataBufferCount, DWORD Flags, PVOID RequestContext)</c></summary>
    public delegate* unmanaged[Stdcall]<nint, RioBuf*, uint, RioMessageFlags, nuint, int> Send;

    /// <summary>
    /// <c>BOOL RIOSendEx(RIO_RQ, PRIO_BUF data, ULONG DataBufferCount, PRIO_BUF local, PRIO_BUF remote, PRIO_BUF control,
    /// PRIO_BUF flags, DWORD Flags, PVOID RequestContext)</c>
    /// </summary>
    public delegate* unmanaged[Stdcall]<nint, RioBuf*, uint, RioBuf*, RioBuf*, RioBuf*, RioBuf*, RioMessageFlags, nuint, int> SendEx;

    /// <summary><c>VOID RIOCloseCompletionQueue(RIO_CQ)</c></summary>
    public delegate* unmanaged[Stdcall]<nint, void> CloseCompletionQueue;

    /// <summary><c>RIO_CQ RIOCreateCompletionQueue(DWORD QueueSize, PRIO_NOTIFICATION_COMPLETION)</c></summary>
    public delegate* unmanaged[Stdcall]<uint, RioNotificationCompletion*, nint> CreateCompletionQueue;

    /// <summary>
    /// <c>RIO_RQ RIOCreateRequestQueue(SOCKET, ULONG MaxOutstandingReceive, ULONG MaxReceiveDataBuffers, ULONG
    /// MaxOutstandingSend, ULONG MaxSendDataBuffers, RIO_CQ ReceiveCQ, RIO_CQ SendCQ, PVOID SocketContext)</c>
    /// </summary>
    public delegate* unmanaged[Stdcall]<nint, uint, uint, uint, uint, nint, nint, nuint, nint> CreateRequestQueue;

    /// <summary><c>ULONG RIODequeueCompletion(RIO_CQ, PRIORESULT Array, ULONG ArraySize)</c></summary>
    public delegate* unmanaged[Stdcall]<nint, RioResult*, uint, uint> DequeueCompletion;

    /// <summary><c>VOID RIODeregisterBuffer(RIO_BUFFERID)</c></summary>
    public delegate* unmanaged[Stdcall]<nuint, void> DeregisterBuffer;

    /// <summary><c>INT RIONotify(RIO_CQ)</c>: 0, or the error itself.</summary>
    public delegate* unmanaged[Stdcall]<nint, int> Notify;

    /// <summary><c>RIO_BUFFERID RIORegisterBuffer(PCHAR DataBuffer, DWORD DataLength)</c></summary>
    public delegate* unmanaged[Stdcall]<nint, uint, nuint> RegisterBuffer;

    /// <summary><c>BOOL RIOResizeCompletionQueue(RIO_CQ, DWORD QueueSize)</c></summary>
    public delegate* unmanaged[Stdcall]<nint, uint, int> ResizeCompletionQueue;

    /// <summary><c>BOOL RIOResizeRequestQueue(RIO_RQ, DWORD MaxOutstandingReceive, DWORD MaxOutstandingSend)</c></summary>
    public delegate* unmanaged[Stdcall]<nint, uint, uint, int> ResizeRequestQueue;
}
