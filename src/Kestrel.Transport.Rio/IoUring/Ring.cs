using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// One io_uring instance: the two mapped rings and the three system calls. Knows nothing of sockets.
/// </summary>
internal sealed unsafe class Ring : IDisposable
{
    private const long SubmissionRingOffset = 0;
    private const long SubmissionEntriesOffset = 0x10000000;
    private const nint MapFailed = -1;

    private readonly int _descriptor;
    private readonly nint _rings;
    private readonly nuint _ringsLength;
    private readonly nint _entries;
    private readonly nuint _entriesLength;

    private readonly uint* _submissionHead;
    private readonly uint* _submissionTail;
    private readonly uint* _submissionFlags;
    private readonly uint _submissionMask;
    private readonly SubmissionEntry* _submissions;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private readonly CompletionEntry* _completions;

    // Completions that were taken off the ring to make room when the kernel would take no more submissions before.
    private readonly Queue<CompletionEntry> _spilled = new();
    private uint _tail;
    private bool _disposed;

    private Ring(int descriptor, nint ringsAddress, nint entries, in RingParameters parameters)
    {
        _descriptor = descriptor;
        _rings = ringsAddress;
        _ringsLength = RingsLength(parameters);
        _entries = entries;
        _entriesLength = EntriesLength(parameters);

        var rings = (byte*)_rings;
        _submissionHead = (uint*)(rings + parameters.SubmissionHead);
        _submissionTail = (uint*)(rings + parameters.SubmissionTail);
        _submissionFlags = (uint*)(rings + parameters.SubmissionFlags);
        _submissionMask = *(uint*)(rings + parameters.SubmissionMask);
        _submissions = (SubmissionEntry*)_entries;
        _completionHead = (uint*)(rings + parameters.CompletionHead);
        _completionTail = (uint*)(rings + parameters.CompletionTail);
        _completionMask = *(uint*)(rings + parameters.CompletionMask);
        _completions = (CompletionEntry*)(rings + parameters.CompletionEntriesOffset);

        // The kernel looks entries up through this array; entry i is always at place i.
        var array = (uint*)(rings + parameters.SubmissionArray);
        for (var i = 0u; i < parameters.SubmissionEntries; i++)
        {
            array[i] = i;
        }
    }

    /// <summary>
    /// The kernel has work for this ring's task that runs once it enters (<c>IORING_SQ_TASKRUN</c>), or completions that
    /// found no place in the ring (<c>IORING_SQ_CQ_OVERFLOW</c>).
    /// </summary>
    public bool WantsEntering
        => (Flags & (SubmissionRingFlags.TaskRun | SubmissionRingFlags.CompletionQueueOverflow)) != 0;

    /// <summary>Completions have found no place in the ring, and wait in the kernel.</summary>
    public bool HasOverflowed => (Flags & SubmissionRingFlags.CompletionQueueOverflow) != 0;

    public bool HasCompletion => _spilled.Count > 0 || *_completionHead != Volatile.Read(ref *_completionTail);

    private SubmissionRingFlags Flags => (SubmissionRingFlags)Volatile.Read(ref *_submissionFlags);

    private uint Unsubmitted => _tail - Volatile.Read(ref *_submissionHead);

    /// <summary>Makes a ring, or gives the errno with which the kernel refuses one.</summary>
    public static int TryCreate(uint submissions, uint completions, out Ring? ring, out Features features)
    {
        var parameters = new RingParameters
        {
            // Not SINGLE_ISSUER with DEFER_TASKRUN, which binds a ring to one thread for good: COOP_TASKRUN measured the
            // same (7.8 against 7.7 µs a request) and lets another thread take the ring over one day.
            Flags = SetupFlags.CompletionQueueSize | SetupFlags.Clamp | SetupFlags.SubmitAll
                | SetupFlags.CooperativeTaskRun | SetupFlags.TaskRunFlag,
            CompletionEntries = completions,
        };
        var descriptor = LibC.IoUringSetup(submissions, &parameters);
        if (descriptor < 0)
        {
            ring = null;
            features = default;
            return Marshal.GetLastPInvokeError();
        }

        features = parameters.Features;
        var rings = Map(descriptor, RingsLength(parameters), SubmissionRingOffset);
        var entries = rings == MapFailed ? MapFailed : Map(descriptor, EntriesLength(parameters), SubmissionEntriesOffset);
        if (entries == MapFailed)
        {
            var error = Marshal.GetLastPInvokeError();
            if (rings != MapFailed)
            {
                _ = LibC.Unmap(rings, RingsLength(parameters));
            }

            _ = LibC.Close(descriptor);
            ring = null;
            return error;
        }

        ring = new Ring(descriptor, rings, entries, parameters);
        return 0;
    }

    /// <summary>
    /// The next free submission entry, cleared. It is the kernel's with the next <see cref="Submit"/> or <see cref="Wait"/>.
    /// </summary>
    public ref SubmissionEntry NextSubmission()
    {
        while (Unsubmitted > _submissionMask)
        {
            SubmitOrSpill();
        }

        ref var entry = ref _submissions[_tail & _submissionMask];
        entry = default;
        _tail++;
        return ref entry;
    }

    public void Submit()
    {
        var flags = WantsEntering ? EnterFlags.GetEvents : EnterFlags.None;
        Volatile.Write(ref *_submissionTail, _tail);
        var count = Unsubmitted;
        if (count > 0 || flags != EnterFlags.None)
        {
            Enter(count, 0, flags, null, 0);
        }
    }

    /// <summary>Submits, and waits for a completion or the end of the time.</summary>
    public void Wait(TimeSpan timeout)
    {
        Volatile.Write(ref *_submissionTail, _tail);
        if (timeout == Timeout.InfiniteTimeSpan)
        {
            Enter(Unsubmitted, 1, EnterFlags.GetEvents, null, 0);
            return;
        }

        var time = new KernelTimespec(timeout);
        var argument = new GetEventsArgument { Timespec = (ulong)&time };
        Enter(Unsubmitted, 1, EnterFlags.GetEvents | EnterFlags.ExtendedArgument, &argument, (nuint)sizeof(GetEventsArgument));
    }

    /// <summary>An <c>io_uring_enter</c> that has nothing to do, to see whether there is such a call.</summary>
    /// <returns>0 or more, or a negated errno.</returns>
    public int TryEnter()
    {
        var result = LibC.IoUringEnter(_descriptor, 0, 0, EnterFlags.None, null, 0);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    public bool TryTakeCompletion(out CompletionEntry completion)
    {
        if (_spilled.Count > 0)
        {
            completion = _spilled.Dequeue();
            return true;
        }

        return TryTakeFromRing(out completion);
    }

    /// <summary><c>io_uring_register</c>. Any thread: the kernel serialises it with the ring's other calls.</summary>
    /// <returns>0 or more, or a negated errno.</returns>
    public int Register(RegisterOpcode opcode, void* argument, uint count)
    {
        var result = LibC.IoUringRegister(_descriptor, opcode, argument, count);
        return result < 0 ? -Marshal.GetLastPInvokeError() : result;
    }

    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        _ = LibC.Unmap(_entries, _entriesLength);
        _ = LibC.Unmap(_rings, _ringsLength);
        _ = LibC.Close(_descriptor);
    }

    private static nint Map(int descriptor, nuint length, long offset)
        => LibC.Map(0, length, LibC.ProtReadWrite, LibC.MapSharedPopulate, descriptor, offset);

    /// <summary>Both rings share one mapping (<c>IORING_FEAT_SINGLE_MMAP</c>, which the probe has asked for).</summary>
    private static nuint RingsLength(in RingParameters parameters) => Math.Max(
        parameters.SubmissionArray + (parameters.SubmissionEntries * sizeof(uint)),
        parameters.CompletionEntriesOffset + (parameters.CompletionEntries * (uint)sizeof(CompletionEntry)));

    private static nuint EntriesLength(in RingParameters parameters)
        => parameters.SubmissionEntries * (nuint)sizeof(SubmissionEntry);

    private bool TryTakeFromRing(out CompletionEntry completion)
    {
        var head = *_completionHead;
        if (head == Volatile.Read(ref *_completionTail))
        {
            completion = default;
            return false;
        }

        completion = _completions[head & _completionMask];
        Volatile.Write(ref *_completionHead, head + 1);
        return true;
    }

    private void SubmitOrSpill()
    {
        var before = Unsubmitted;
        Submit();
        if (Unsubmitted == before)
        {
            // EBUSY or EAGAIN: the kernel wants completions taken before it takes more.
            Spill();
        }
    }

    private void Spill()
    {
        while (TryTakeFromRing(out var completion))
        {
            _spilled.Enqueue(completion);
        }
    }

    private void Enter(uint toSubmit, uint minComplete, EnterFlags flags, void* argument, nuint argumentSize)
    {
        if (LibC.IoUringEnter(_descriptor, toSubmit, minComplete, flags, argument, argumentSize) >= 0)
        {
            return;
        }

        // EINTR, ETIME: a wait that ended early. EAGAIN, EBUSY: nothing was taken, and the caller comes again.
        var error = Marshal.GetLastPInvokeError();
        if (error is not (Errno.Interrupted or Errno.TimerExpired or Errno.TryAgain or Errno.Busy))
        {
            throw new InvalidOperationException($"io_uring_enter failed with errno {error}.");
        }
    }
}
