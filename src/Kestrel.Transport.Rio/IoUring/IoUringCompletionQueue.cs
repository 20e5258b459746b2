using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;
using Microsoft.Win32.SafeHandles;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>One ring, and the request queues and accept queues on it.</summary>
internal sealed unsafe class IoUringCompletionQueue : CompletionQueue
{
    // A pass of a busy poller fits; a larger one enters the kernel in between. Some kernels count the rings against the
    // locked-memory limit, so where that is very low smaller ones are made: slower, but served.
    public const uint SubmissionEntries = 1024;
    private const uint MinSubmissionEntries = 16;

    // 16 bytes each. More than this in one pass waits in the kernel (IORING_FEAT_NODROP) and is fetched by the next call.
    private const uint MaxCompletionEntries = 16384;

    // A thousand sockets that have data at the same time are not begun all at once: what a request touches, here, in the
    // application and in the kernel, would be out of the second-level cache between its receive, its answer and its send. Those
    // that were begun go first. Measured at 1,024 and 4,096 busy connections: 64 take a fifth less CPU than no bound, and 16 to 64
    // do not differ beyond the noise.
    private const int MaxBegunPerPass = LeastBegunPerPass;

    // What a thread that wakes the queue has to do for it.
    private const int NotLooking = 0;
    private const int Looking = 1;
    private const int WokenWhileLooking = 2;

    private readonly IoUringIo _io;
    private readonly Ring _ring;
    private readonly SafeFileHandle _wakeUp;
    private readonly bool _hasBufferTable;
    private readonly SlotTable<IRingTarget> _targets = new();

    // Completions that were made here, or came out of one of the kernel's and did not fit into the caller's span.
    private readonly Queue<(RioResult Result, IRingTarget Source)> _ready = new();

    // Sockets that have data and have not been begun, oldest first.
    private readonly Queue<CompletionEntry> _readable = new();
    private readonly AdaptiveSpin _spin = new(givesWay: true);
    private int _begun;
    private int _look;
    private int _outstanding;
    private int _internalOperations;

    public IoUringCompletionQueue(IoUringIo io, int capacity, uint submissionEntries)
        : base(capacity)
    {
        _io = io;
        var ring = CreateRing(capacity, submissionEntries);
        _ring = ring;
        _wakeUp = new SafeFileHandle(LibC.EventFd(0, LibC.EventFdCloseOnExec), ownsHandle: true);
        if (_wakeUp.IsInvalid)
        {
            var errno = Marshal.GetLastPInvokeError();
            ring.Dispose();
            throw Unavailable(errno);
        }

        var table = new BufferTableRegistration { Count = IoUringIo.BufferTableSize, Flags = BufferTableRegistration.Sparse };
        _hasBufferTable = ring.Register(RegisterOpcode.Buffers2, &table, (uint)sizeof(BufferTableRegistration)) >= 0;
        ArmWakeUp();
    }

    public override int Outstanding => _outstanding + _internalOperations;

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext)
        => new IoUringAcceptQueue(this, listenSocket, socketContext);

    public override int Dequeue(Span<RioResult> results)
    {
        var sink = new ResultSink(results, _ready);
        while (!sink.IsFull && _ready.TryDequeue(out var ready))
        {
            sink.Add(ready.Result, ready.Source);
            OnDequeued(ready.Source);
        }

        while (!sink.IsFull && _ring.TryTakeCompletion(out var completion))
        {
            if (KindOf(completion) == OperationKind.Readiness)
            {
                _readable.Enqueue(completion);
            }
            else
            {
                Take(completion, ref sink);
            }
        }

        for (; !sink.IsFull && _begun < MaxBegunPerPass && _readable.TryDequeue(out var completion); _begun++)
        {
            Take(completion, ref sink);
        }

        return sink.Count;
    }

    public override void Submit()
    {
        _begun = 0;
        _ring.Submit();
    }

    public override bool Wait(TimeSpan timeout)
    {
        _begun = 0;
        if (_ready.Count > 0 || _readable.Count > 0 || _ring.HasCompletion)
        {
            _ring.Submit();
            return false;
        }

        if (timeout != TimeSpan.Zero && _spin.Begin() && LookBeforeSleeping())
        {
            return false;
        }

        _ring.Wait(timeout);
        return timeout != TimeSpan.Zero;
    }

    public override void Wake()
    {
        // Who looks sees this without a system call.
        if (Interlocked.CompareExchange(ref _look, WokenWhileLooking, Looking) != NotLooking)
        {
            return;
        }

        // Counted, because the owner may be through and close the descriptor while this thread is still on its way: the
        // number would be another's by then, and the bytes would go into whatever that is.
        var isHeld = false;
        try
        {
            _wakeUp.DangerousAddRef(ref isHeld);
            var one = 1UL;
            _ = LibC.Write((int)_wakeUp.DangerousGetHandle(), &one, sizeof(ulong));
        }
        catch (ObjectDisposedException)
        {
            // Nobody sleeps here any more.
        }
        finally
        {
            if (isHeld)
            {
                _wakeUp.DangerousRelease();
            }
        }
    }

    /// <summary>Completions wait in the kernel, since the ring is full.</summary>
    internal bool HasOverflowed => _ring.HasOverflowed;

    internal ulong AddTarget(IRingTarget target) => _targets.Add(target);

    internal void RemoveTarget(ulong key) => _targets.Remove(key);

    /// <summary>Counts a request that was accepted; it is counted down when its completion is dequeued.</summary>
    internal void OnAccepted() => _outstanding++;

    internal void OnInternalStarted() => _internalOperations++;

    internal void OnInternalEnded() => _internalOperations--;

    /// <summary>An entry of the ring for an operation of a target.</summary>
    internal ref SubmissionEntry NextSubmission(OperationKind kind, ulong key)
    {
        ref var entry = ref _ring.NextSubmission();
        entry.UserData = UserData(kind, key);
        return ref entry;
    }

    internal void Cancel(OperationKind kind, ulong key)
    {
        ref var entry = ref NextSubmission(OperationKind.Cancel, 0);
        entry.Opcode = Opcode.AsyncCancel;
        entry.FileDescriptor = -1;
        entry.Address = UserData(kind, key);
        _internalOperations++;
    }

    internal void CloseDescriptor(int descriptor)
    {
        ref var entry = ref NextSubmission(OperationKind.Close, (uint)descriptor);
        entry.Opcode = Opcode.Close;
        entry.FileDescriptor = descriptor;
        _internalOperations++;
    }

    /// <summary>Queues a completion that the kernel had no part in.</summary>
    internal void Complete(in RioResult result, IRingTarget source) => _ready.Enqueue((result, source));

    internal void OnReleased(RequestQueue requestQueue) => Release(requestQueue);

    internal SocketError UpdateBuffer(int index, IoVector buffer)
    {
        if (!_hasBufferTable)
        {
            return SocketError.NoBufferSpaceAvailable;
        }

        var update = new BufferTableUpdate { Offset = (uint)index, Data = (ulong)&buffer, Count = 1 };
        var result = _ring.Register(RegisterOpcode.BuffersUpdate, &update, (uint)sizeof(BufferTableUpdate));
        return result < 0 ? Errno.ToSocketError(-result) : SocketError.Success;
    }

    protected override SocketError CreateRequestQueueCore(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue)
    {
        requestQueue = new IoUringRequestQueue(this, (int)socket.Handle, socketContext, maxReceives, maxSends);
        return SocketError.Success;
    }

    protected override void DiscardCore(AcceptedSocket socket) => _io.Discard(socket);

    protected override SocketError ResizeCore(int capacity) => SocketError.Success;

    protected override void DisposeCore()
    {
        _io.Remove(this);
        _ring.Dispose();
        _wakeUp.Dispose();
    }

    private void Take(in CompletionEntry completion, ref ResultSink sink)
    {
        var direct = sink.Count;
        Dispatch(completion, ref sink, out var source);
        for (; direct < sink.Count; direct++)
        {
            OnDequeued(source!);
        }
    }

    /// <summary>Hands everything over, and looks for a while. True when there is something to do, or somebody has woken this queue.</summary>
    private bool LookBeforeSleeping()
    {
        Volatile.Write(ref _look, Looking);
        _ring.Submit();
        while (!_ring.HasCompletion && Volatile.Read(ref _look) == Looking)
        {
            if (_ring.WantsEntering)
            {
                _ring.Submit();
            }

            if (!_ring.HasCompletion && !_spin.GoOn())
            {
                return Interlocked.Exchange(ref _look, NotLooking) == WokenWhileLooking;
            }
        }

        _spin.OnFound();
        Volatile.Write(ref _look, NotLooking);
        return true;
    }

    private static Ring CreateRing(int capacity, uint submissions)
    {
        while (true)
        {
            var completions = Math.Clamp((uint)capacity, submissions * 2, Math.Min(submissions * 16, MaxCompletionEntries));
            var error = Ring.TryCreate(submissions, completions, out var ring, out _);
            if (ring is not null)
            {
                return ring;
            }

            submissions /= 2;
            if (error != Errno.OutOfMemory || submissions < MinSubmissionEntries)
            {
                throw Unavailable(error);
            }
        }
    }

    private static CompletionQueueUnavailableException Unavailable(int errno)
        => new(IoUringProbe.Explain(errno, disabledSetting: null), isShortOfMemory: errno == Errno.OutOfMemory);

    private static OperationKind KindOf(in CompletionEntry completion)
        => (OperationKind)(completion.UserData >> SlotTable<IRingTarget>.KeyBits);

    private static ulong UserData(OperationKind kind, ulong key) => ((ulong)kind << SlotTable<IRingTarget>.KeyBits) | key;

    private void Dispatch(in CompletionEntry completion, ref ResultSink sink, out IRingTarget? source)
    {
        const ulong KeyMask = (1UL << SlotTable<IRingTarget>.KeyBits) - 1;
        var kind = KindOf(completion);
        var key = completion.UserData & KeyMask;
        source = null;
        switch (kind)
        {
            case OperationKind.WakeUp:
                if ((completion.Flags & CompletionFlags.More) == 0)
                {
                    ArmWakeUp();
                }

                break;
            case OperationKind.Cancel:
                _internalOperations--;
                break;
            case OperationKind.Close:
                _internalOperations--;
                CloseAtOnceIfRefused((int)key, completion.Result);
                break;
            default:
                if (_targets.TryGet(key, out source))
                {
                    source.OnRingCompletion(kind, completion, ref sink);
                }
                else
                {
                    // A target stays in the table until its last operation has completed.
                    Debug.Fail("A completion for a target that is gone.");
                }

                break;
        }
    }

    private void OnDequeued(IRingTarget source)
    {
        _outstanding--;
        source.OnDequeued();
    }

    private void ArmWakeUp()
    {
        // Multishot and edge-triggered: the eventfd is never read, each write gives a completion (or joins one that was
        // not taken yet).
        const uint MultiShot = 1;
        ref var entry = ref NextSubmission(OperationKind.WakeUp, 0);
        entry.Opcode = Opcode.PollAdd;
        entry.FileDescriptor = (int)_wakeUp.DangerousGetHandle();
        entry.Length = MultiShot;
        entry.OperationFlags = LibC.PollIn;
    }

    private static void CloseAtOnceIfRefused(int descriptor, int result)
    {
        // The ring had no memory for the request, or was cancelled: the descriptor is still open.
        if (result is -Errno.OutOfMemory or -Errno.TryAgain or -Errno.Canceled)
        {
            _ = LibC.Close(descriptor);
        }
    }
}
