using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>
/// Makes and releases slabs: native memory, registration, the limit, and the refusals of the machine.
/// Used under the pool's lock, but for the figures and <see cref="CanAdd"/>.
/// </summary>
internal sealed class SlabSource
{
    // Long enough that an application at the machine's limit does not pay for a refused registration with every slab,
    // short enough that a limit which was raised at run time is noticed.
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(30);

    // To be refused memory costs little, and whoever waits is looked after once a second.
    private static readonly TimeSpan AllocateAgainAfter = TimeSpan.FromSeconds(1);

    private readonly RegisteredMemoryPool _pool;
    private readonly RegisteredIo _io;
    private readonly INativeMemory _memory;
    private readonly SlabTable _table;
    private readonly int _slabSize;
    private readonly int _registrationSize;
    private readonly int _linkShift;
    private readonly long _limit;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;

    private long _registeredBytes;
    private long _unregisteredBytes;
    private long _allocatedBytes;
    private long _releasedBytes;
    private long _rentsOfReleased;

    private bool _warned;
    private bool _refused;
    private long _refusedAt;
    private bool _hasNoMemory;
    private long _hadNoMemoryAt;

    public SlabSource(
        RegisteredMemoryPool pool, RegisteredIo io, INativeMemory memory, SlabTable table, int slabSize, long? limit,
        RegistrationGranularity granularity, ILogger logger, TimeProvider time)
    {
        _pool = pool;
        _io = io;
        _memory = memory;
        _table = table;
        _slabSize = slabSize;
        _registrationSize = granularity == RegistrationGranularity.Block ? RegisteredMemoryPool.BlockSize : slabSize;
        _linkShift = SlabTable.ShiftOf(slabSize / RegisteredMemoryPool.BlockSize);
        AcceptsUnregistered = io.Capabilities.AcceptsUnregisteredBuffers;
        _limit = limit ?? long.MaxValue;
        _logger = logger;
        _time = time;
    }

    public long RegisteredBytes => Volatile.Read(ref _registeredBytes);

    public long UnregisteredBytes => Volatile.Read(ref _unregisteredBytes);

    public bool AcceptsUnregistered { get; }

    /// <summary>Bytes of all slabs that were ever made.</summary>
    public long AllocatedBytes => Volatile.Read(ref _allocatedBytes);

    /// <summary>Bytes of all slabs that were given back.</summary>
    public long ReleasedBytes => Volatile.Read(ref _releasedBytes);

    /// <summary>How often blocks of slabs were rented. Walks through all blocks; under the pool's lock.</summary>
    public long Rents
    {
        get
        {
            var rents = _rentsOfReleased;
            foreach (var slab in _table.Slabs)
            {
                rents += slab is null ? 0 : slab.Rents;
            }

            return rents;
        }
    }

    /// <summary>
    /// Whether <see cref="TryAdd"/> may be expected to give a slab. Any thread. Unregistered slabs count against the
    /// limit too: a user who has set it wants the transport's memory bounded, whatever the machine says.
    /// </summary>
    public bool CanAdd =>
        Added + _slabSize <= _limit
        && !IsWaitingForMemory
        && (AcceptsUnregistered || _table.Count == 0 || !IsHoldingBack);

    /// <summary>Bytes of the slabs there are, registered or not. Any thread.</summary>
    public long Added => RegisteredBytes + UnregisteredBytes;

    /// <summary>Bytes that may still be added, as far as is known; none while the machine refuses them. Any thread.</summary>
    public long Addable => CanAdd ? _limit - Added : 0;

    private bool IsHoldingBack =>
        Volatile.Read(ref _refused) && _time.GetElapsedTime(Volatile.Read(ref _refusedAt)) < RetryAfter;

    private bool IsWaitingForMemory =>
        Volatile.Read(ref _hasNoMemory) && _time.GetElapsedTime(Volatile.Read(ref _hadNoMemoryAt)) < AllocateAgainAfter;

    /// <summary>Makes a slab, or gives null where there may be none.</summary>
    /// <exception cref="InvalidOperationException">
    /// The machine refuses the very first memory or registration, and the provider takes nothing else: there is nothing to work with.
    /// </exception>
    public Slab? TryAdd() => CanAdd ? Add() : null;

    /// <summary>The same without a look at the limit.</summary>
    public Slab? Add()
    {
        if (!TryAllocate(out var address))
        {
            return null;
        }

        var registration = SlabRegistration.None;
        if ((!AcceptsUnregistered || !IsHoldingBack) && !TryRegister(address, out registration) && !AcceptsUnregistered)
        {
            _memory.Free(address);
            return null;
        }

        var slab = new Slab(_pool, _table.NextNumber(), address, _slabSize, registration, _linkShift);
        _table.Add(slab);
        Interlocked.Add(ref registration.Exists ? ref _registeredBytes : ref _unregisteredBytes, _slabSize);
        Interlocked.Add(ref _allocatedBytes, _slabSize);
        PoolLog.SlabAdded(_logger, _slabSize, registration.Exists, _table.Count);
        return slab;
    }

    /// <summary>
    /// Gives back a slab that is out of the table, whose blocks are all home and in no list.
    /// </summary>
    public void Release(Slab slab)
    {
        Deregister(slab.Registration.Ids);

        foreach (var block in slab.Blocks)
        {
            block.MarkReleased();
        }

        _memory.Free(slab.Address);
        Interlocked.Add(ref slab.Registration.Exists ? ref _registeredBytes : ref _unregisteredBytes, -slab.Length);
        Interlocked.Add(ref _releasedBytes, slab.Length);
        _rentsOfReleased += slab.Rents;
        PoolLog.SlabReleased(_logger, slab.Length, _table.Count);
    }

    private bool TryAllocate(out nint address)
    {
        address = Slab.Allocate(_memory, _slabSize);
        if (address != 0)
        {
            Volatile.Write(ref _hasNoMemory, false);
            return true;
        }

        if (!AcceptsUnregistered && _table.Count == 0)
        {
            throw new InvalidOperationException(
                $"The system refused {_slabSize} bytes of memory, and {_io.Name} works with registered memory alone.");
        }

        if (!_hasNoMemory)
        {
            PoolLog.MemoryRefused(_logger, _slabSize);
        }

        Interlocked.Exchange(ref _hadNoMemoryAt, _time.GetTimestamp());
        Volatile.Write(ref _hasNoMemory, true);
        return false;
    }

    private bool TryRegister(nint address, out SlabRegistration registration)
    {
        var error = Register(address, out registration);
        if (error == SocketError.Success)
        {
            Volatile.Write(ref _refused, false);
            return true;
        }

        Interlocked.Exchange(ref _refusedAt, _time.GetTimestamp());
        Volatile.Write(ref _refused, true);

        if (!AcceptsUnregistered && _table.Count == 0)
        {
            _memory.Free(address);
            throw new InvalidOperationException(
                $"{_io.Name} refused to register {_slabSize} bytes of memory ({error}), and it works with registered memory alone. {RemedyFor(error)}");
        }

        if (!_warned)
        {
            _warned = true;
            if (AcceptsUnregistered)
            {
                PoolLog.GoesOnUnregistered(_logger, _io.Name, _slabSize, error, RegisteredBytes, RemedyFor(error));
            }
            else
            {
                PoolLog.StaysSmall(_logger, _io.Name, _slabSize, error, RegisteredBytes, RemedyFor(error));
            }
        }

        return false;
    }

    /// <summary>All of a slab or nothing.</summary>
    private SocketError Register(nint address, out SlabRegistration registration)
    {
        registration = SlabRegistration.None;
        var ids = new BufferId[_slabSize / _registrationSize];
        for (var i = 0; i < ids.Length; i++)
        {
            var error = _io.RegisterBuffer(address + (i * _registrationSize), _registrationSize, out ids[i]);
            if (error != SocketError.Success)
            {
                Deregister(ids.AsSpan(0, i));
                return error;
            }
        }

        registration = new SlabRegistration(ids);
        return SocketError.Success;
    }

    private void Deregister(ReadOnlySpan<BufferId> ids)
    {
        foreach (var id in ids)
        {
            _io.DeregisterBuffer(id);
        }
    }

    private static string RemedyFor(SocketError error)
        => error == CompletionQueue.TooManyReferences ? PoolLog.RegistrationsRemedy : PoolLog.MemoryRemedy;
}
