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
    private readonly uint _submissionMask;
    private readonly SubmissionEntry* _submissions;
    private readonly uint* _completionHead;
    private readonly uint* _completionTail;
    private readonly uint _completionMask;
    private readonly CompletionEntry* _completions;

    // Completions that were taken off the ring to make room for more.
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
        _submissionMask = *(uint*)(rings + parameters.SubmissionMask);
        _submissions = (SubmissionEntry*)_entries;
        _completionHead = (uint*)(rings + parameters.CompletionHead);
        _completionTail = (uint*)(rings + parameters.CompletionTail);
        _completionMask = *(uint*)(rings + parameters.CompletionMask);
        _completions = (CompletionEntry*)(rings + parameters.CompletionEntriesOffset);

        // The kernel finds entries through this array. Entry i is always at place i.
        var array = (uint*)(rings + parameters.SubmissionArray);
        for (var i = 0u; i < parameters.SubmissionEntries; i++)
        {
            array[i] = i;
        }
    }

    public bool HasCompletion => _spilled.Count > 0 || *_completionHead != Volatile.Read(ref *_completionTail);

    /// <summary>Entries that the kernel has not taken.</summary>
    public bool HasUnsubmitted => Unsubmitted > 0;

    private uint Completions => Volatile.Read(ref *_completionTail) - *_completionHead;

    private uint Unsubmitted => _tail - Volatile.Read(ref *_submissionHead);

    /// <summary>Makes a ring, or returns the errno with which the kernel refuses one.</summary>
    public static int TryCreate(uint submissions, uint completions, out Ring? ring, out Features features)
    {
        var parameters = new RingParameters
        {
            // Not SINGLE_ISSUER with DEFER_TASKRUN, which binds a ring to one thread permanently. Nothing is ever pending in this
            // ring, so there is no work of a task whose signals COOP_TASKRUN would hold back.
            Flags = SetupFlags.CompletionQueueSize | SetupFlags.Clamp | SetupFlags.SubmitAll,
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

    /// <summary>The next free submission entry, cleared. The kernel takes it with the next <see cref="Submit"/>.</summary>
    public ref SubmissionEntry NextSubmission()
    {
        while (Unsubmitted > _submissionMask)
        {
            Submit();
            if (Unsubmitted > _submissionMask)
            {
                // The kernel has no memory for a request at this moment.
                Thread.Yield();
            }
        }

        ref var entry = ref _submissions[_tail & _submissionMask];
        entry = default;
        _tail++;
        return ref entry;
    }

    /// <summary>
    /// Submits the prepared operations. None of them waits, so all have completed when this returns. Operations that the kernel has no
    /// memory for stay for the next call.
    /// </summary>
    public void Submit()
    {
        Volatile.Write(ref *_submissionTail, _tail);
        var count = Unsubmitted;
        if (count == 0)
        {
            return;
        }

        if (count + Completions > _completionMask + 1)
        {
            // A completion without a place waits in the kernel. Without memory there, it is lost (EBADR).
            Spill();
        }

        if (LibC.IoUringEnter(_descriptor, count) < 0)
        {
            ThrowUnlessTransient(Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Makes an <c>io_uring_enter</c> with nothing to do, which shows whether the call exists.</summary>
    /// <returns>0 or more, or a negated errno.</returns>
    public int TryEnter()
    {
        var result = LibC.IoUringEnter(_descriptor, 0);
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

    private void Spill()
    {
        while (TryTakeFromRing(out var completion))
        {
            _spilled.Enqueue(completion);
        }
    }

    /// <summary>EAGAIN and ENOMEM: no memory for a request. EBUSY and EINTR: nothing was taken. The caller tries again.</summary>
    private static void ThrowUnlessTransient(int errno)
    {
        if (errno is not (Errno.Interrupted or Errno.TryAgain or Errno.Busy or Errno.OutOfMemory))
        {
            throw new InvalidOperationException(errno == Errno.BadRequestDescriptor
                ? "io_uring_enter says EBADR: the kernel had no memory for a completion and has dropped it."
                : $"io_uring_enter failed with errno {errno}.");
        }
    }
}
