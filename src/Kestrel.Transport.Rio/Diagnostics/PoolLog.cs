using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Diagnostics;

/// <summary>What the registered memory pool has to say.</summary>
internal static partial class PoolLog
{
    /// <summary>Where the machine locks no more memory.</summary>
    public const string MemoryRemedy =
        "Linux: raise the limit of locked memory, RLIMIT_MEMLOCK (ulimit -l, LimitMEMLOCK= of a systemd unit, --ulimit memlock= of a container), or grant CAP_IPC_LOCK; each of PollerCount rings is charged for itself. Windows: raise the working set of the process. Or set MaxRegisteredMemory to what the machine allows each poller.";

    /// <summary>Where the provider has no room for one more registration.</summary>
    public const string RegistrationsRemedy =
        "It has no room for more registrations, which is no want of memory. Raise SlabSize, or set RegistrationGranularity to Slab, so that fewer registrations cover the same memory.";

    [LoggerMessage(201, LogLevel.Warning,
        "{Provider} refused to register {Bytes} bytes of memory ({Reason}) with {RegisteredBytes} bytes registered. The transport goes on with memory that is not registered, which costs CPU time. {Remedy}",
        EventName = "RegistrationRefused")]
    public static partial void GoesOnUnregistered(
        ILogger logger, string provider, int bytes, SocketError reason, long registeredBytes, string remedy);

    [LoggerMessage(202, LogLevel.Warning,
        "{Provider} refused to register {Bytes} bytes of memory ({Reason}). The transport goes on with the {RegisteredBytes} bytes that are registered: receives wait for memory to come back. {Remedy}",
        EventName = "RegistrationLimitReached")]
    public static partial void StaysSmall(
        ILogger logger, string provider, int bytes, SocketError reason, long registeredBytes, string remedy);

    [LoggerMessage(203, LogLevel.Debug, "Slab of {Bytes} bytes added, registered: {Registered}. Slabs now: {Slabs}.",
        EventName = "SlabAdded")]
    public static partial void SlabAdded(ILogger logger, int bytes, bool registered, int slabs);

    [LoggerMessage(204, LogLevel.Debug, "Slab of {Bytes} bytes released. Slabs now: {Slabs}.", EventName = "SlabReleased")]
    public static partial void SlabReleased(ILogger logger, int bytes, int slabs);

    [LoggerMessage(205, LogLevel.Error,
        "The transport has stopped, and {Slabs} slabs with {RegisteredBytes} registered bytes hold blocks that are never to be used again: the kernel may still use them, or somebody has written to them after their return. They are leaked, and never deregistered.",
        EventName = "SlabsLeaked")]
    public static partial void SlabsLeaked(ILogger logger, int slabs, long registeredBytes);

    [LoggerMessage(206, LogLevel.Critical,
        "The block at 0x{Address:x} (slab {Slab}, offset {Offset}) was written to at byte {Byte} (the last one: {LastByte}) after it had been returned for the {Rents}. time; it was used for {LastUse}. It is never lent again. Somebody uses memory that is no longer his: the kernel, this transport, or the application.",
        EventName = "BlockWrittenAfterReturn")]
    public static partial void WrittenAfterReturn(
        ILogger logger, nint address, int? slab, nint offset, int @byte, int lastByte, long rents, string lastUse);

    [LoggerMessage(207, LogLevel.Warning,
        "The transport has stopped, and {RentedBlocks} blocks of its memory are still rented, with {CachedBlocks} in the caches of threads. {Slabs} slabs with {RegisteredBytes} registered bytes are given back when these are. As a rule a handler has gone on for longer than Kestrel waits for it.",
        EventName = "SlabsAwaited")]
    public static partial void SlabsAwaited(ILogger logger, int rentedBlocks, int cachedBlocks, int slabs, long registeredBytes);

    [LoggerMessage(208, LogLevel.Warning,
        "The system refused {Bytes} bytes of memory. The transport goes on with what it has: data wait until some of it comes back, or are received in smaller pieces. It asks again.",
        EventName = "MemoryRefused")]
    public static partial void MemoryRefused(ILogger logger, int bytes);

    [LoggerMessage(209, LogLevel.Critical,
        "The bulk buffer at 0x{Address:x} was written to at byte {Byte} (the last one: {LastByte}) after it had been returned; it was used for a receive. It is never used again. Somebody uses memory that is no longer his: the kernel or this transport.",
        EventName = "BulkBufferWrittenAfterReturn")]
    public static partial void BulkWrittenAfterReturn(ILogger logger, nint address, int @byte, int lastByte);
}
