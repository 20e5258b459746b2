using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.IoUring.Interop;
using Microsoft.Win32.SafeHandles;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// One ring for data, and one readiness set for sockets with data or room, listening sockets with connections, and wake-ups. No
/// operation in the ring ever waits. So none is pending when a call has returned, and nothing depends on the thread that submitted it.
/// </summary>
internal sealed class IoUringCompletionQueue : CompletionQueue
{
    // A pass of a busy poller fits. A larger one enters the kernel in between. Some kernels count the rings against the
    // locked-memory limit, so a very low limit gets smaller and slower rings.
    public const uint SubmissionEntries = 1024;
    private const uint MinSubmissionEntries = 16;

    // 16 bytes each.
    private const uint MaxCompletionEntries = 16384;

    // When a thousand sockets have data, a pass begins some of them, and those begun earlier go first. Otherwise the data of a request
    // leave the second-level cache between receive, answer and send. Measured at 1,024 and 4,096 busy connections: 64 take a fifth
    // less CPU than no bound; 16 to 64 do not differ.
    private const int MaxBegunPerPass = LeastBegunPerPass;

    // What a thread does to wake the queue depends on these states.
    private const int NotSpinning = 0;
    private const int Spinning = 1;
    private const int WokenWhileSpinning = 2;

    private readonly IoUringIo _io;
    private readonly Ring _ring;
    private readonly ReadinessSet _readiness;
    private readonly SafeFileHandle _wakeUp;
    private readonly bool _hasBufferTable;
    private readonly SlotTable<IRingTarget> _targets = new();

    // Completions that were made here, or did not fit into the caller's span.
    private readonly Queue<(RioResult Result, ICompletionSource Source)> _ready = new();

    // Directions whose wait for data is over and was not completed, oldest first.
    private readonly Queue<ReceiveDirection> _readable = new();
    private readonly AdaptiveSpin _spin = new(yields: true);
    private int _begun;
    private int _spinState;
    private int _internalOperations;

    public IoUringCompletionQueue(IoUringIo io, int capacity, uint submissionEntries)
        : base(capacity)
    {
        _io = io;
        _ring = CreateRing(capacity, submissionEntries);
        try
        {
            _readiness = CreateReadiness(out _wakeUp);
        }
        catch
        {
            _ring.Dispose();
            throw;
        }

        _hasBufferTable = TryMakeBufferTable();
    }

    public override int Outstanding => OutstandingRequests + _internalOperations;

    /// <summary>Whether the kernel reads sockets into registered memory without a wait. False once it has said so.</summary>
    internal bool CanReadFixed { get; set; } = true;

    private bool HasWork => _ready.Count > 0 || _readable.Count > 0 || _readiness.HasEvent || _ring.HasCompletion;

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext)
        => new IoUringAcceptQueue(this, listenSocket, socketContext);

    public override int Dequeue(Span<RioResult> results)
    {
        var sink = new ResultSink(results, _ready);
        while (!sink.IsFull && _ready.TryDequeue(out var ready))
        {
            sink.Add(ready.Result, ready.Source);
        }

        // Before the events, which are newer: a receive that has emptied its socket must not hide data that came after it.
        while (!sink.IsFull && _ring.TryTakeCompletion(out var completion))
        {
            Dispatch(completion, ref sink);
        }

        while (!sink.IsFull && _readiness.TryTake(out var events, out var key))
        {
            Dispatch(events, key, ref sink);
        }

        for (; !sink.IsFull && _begun < MaxBegunPerPass && _readable.TryDequeue(out var receives); _begun++)
        {
            receives.Begin(ref sink);
        }

        return sink.Count;
    }

    public override void Submit()
    {
        _begun = 0;
        _ring.Submit();
        PollReadiness(0);
    }

    public override bool Wait(TimeSpan timeout)
    {
        _begun = 0;
        _ring.Submit();
        if (HasWork || timeout == TimeSpan.Zero)
        {
            PollReadiness(0);
            return false;
        }

        if (_spin.Begin() && SpinBeforeSleeping())
        {
            return false;
        }

        PollReadiness(_ring.HasUnsubmitted ? 1 : Milliseconds(timeout));
        return true;
    }

    public override void Wake()
    {
        // A spinning owner sees this without a system call.
        if (Interlocked.CompareExchange(ref _spinState, WokenWhileSpinning, Spinning) != NotSpinning)
        {
            return;
        }

        // With a reference: the owner may close the descriptor meanwhile, and its number may be reused.
        var isHeld = false;
        try
        {
            _wakeUp.DangerousAddRef(ref isHeld);
            LibC.Signal((int)_wakeUp.DangerousGetHandle());
        }
        catch (ObjectDisposedException)
        {
            // No thread sleeps here any more.
        }
        finally
        {
            if (isHeld)
            {
                _wakeUp.DangerousRelease();
            }
        }
    }

    internal ulong AddTarget(IRingTarget target) => _targets.Add(target);

    internal void RemoveTarget(ulong key) => _targets.Remove(key);

    internal void OnInternalStarted() => _internalOperations++;

    internal void OnInternalEnded() => _internalOperations--;

    /// <summary>Has the readiness of a target's descriptor reported to it.</summary>
    /// <returns>0 or an errno.</returns>
    internal int AddReadiness(int descriptor, PollEvents events, ulong key)
        => _readiness.Add(descriptor, events, UserData(OperationKind.Readiness, key));

    internal int RearmReadiness(int descriptor, PollEvents events, ulong key)
        => _readiness.Rearm(descriptor, events, UserData(OperationKind.Readiness, key));

    internal void RemoveReadiness(int descriptor) => _readiness.Remove(descriptor);

    /// <summary>A wait for data is over: it completes in its turn.</summary>
    internal void AddReadable(ReceiveDirection receives) => _readable.Enqueue(receives);

    /// <summary>An entry of the ring for an operation of a target.</summary>
    internal ref SubmissionEntry NextSubmission(OperationKind kind, ulong key)
    {
        ref var entry = ref _ring.NextSubmission();
        entry.UserData = UserData(kind, key);
        return ref entry;
    }

    internal void CloseDescriptor(int descriptor)
    {
        ref var entry = ref NextSubmission(OperationKind.Close, (uint)descriptor);
        entry.Opcode = Opcode.Close;
        entry.FileDescriptor = descriptor;
        _internalOperations++;
    }

    /// <summary>Queues a completion that the kernel had no part in.</summary>
    internal void Complete(in RioResult result, ICompletionSource source) => _ready.Enqueue((result, source));

    internal unsafe SocketError UpdateBuffer(int index, IoVector buffer)
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
        var queue = new IoUringRequestQueue(this, socket, socketContext, maxReceives, maxSends);
        var error = queue.Open();
        requestQueue = error == SocketError.Success ? queue : null;
        if (requestQueue is null)
        {
            _io.Discard(socket);
        }

        return error;
    }

    protected override void DiscardCore(AcceptedSocket socket) => _io.Discard(socket);

    protected override SocketError ResizeCore(int capacity) => SocketError.Success;

    protected override void DisposeCore()
    {
        _io.Remove(this);
        _ring.Dispose();
        _readiness.Dispose();
        _wakeUp.Dispose();
    }

    private static int Milliseconds(TimeSpan timeout)
        => timeout == Timeout.InfiniteTimeSpan ? -1 : (int)Math.Min(Math.Ceiling(timeout.TotalMilliseconds), int.MaxValue);

    private void PollReadiness(int milliseconds)
    {
        if (!_readiness.HasEvent)
        {
            _readiness.Wait(milliseconds);
        }
    }

    /// <summary>Polls before sleeping. True when there is something to do, or another thread has woken this queue.</summary>
    private bool SpinBeforeSleeping()
    {
        Volatile.Write(ref _spinState, Spinning);
        while (!_readiness.Wait(0) && Volatile.Read(ref _spinState) == Spinning)
        {
            if (!_spin.GoOn())
            {
                return Interlocked.Exchange(ref _spinState, NotSpinning) == WokenWhileSpinning;
            }
        }

        _spin.OnFound();
        Volatile.Write(ref _spinState, NotSpinning);
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

    private static ReadinessSet CreateReadiness(out SafeFileHandle wakeUp)
    {
        var errno = ReadinessSet.TryCreate(MaxBegunPerPass, out var readiness);
        if (readiness is null)
        {
            throw Unavailable(errno, "epoll_create1");
        }

        wakeUp = new SafeFileHandle(LibC.EventFd(0, LibC.EventFdCloseOnExec), ownsHandle: true);
        errno = wakeUp.IsInvalid ? Marshal.GetLastPInvokeError() : AddWakeUp(readiness, wakeUp);
        if (errno != 0)
        {
            wakeUp.Dispose();
            readiness.Dispose();
            throw Unavailable(errno, "eventfd");
        }

        return readiness;
    }

    /// <summary>Edge-triggered: the eventfd is never read, and each write is reported.</summary>
    private static int AddWakeUp(ReadinessSet readiness, SafeFileHandle wakeUp)
        => readiness.Add((int)wakeUp.DangerousGetHandle(), PollEvents.In | PollEvents.EdgeTriggered, UserData(OperationKind.WakeUp, 0));

    private static CompletionQueueUnavailableException Unavailable(int errno, string call = "io_uring_setup")
        => new(IoUringProbe.Explain(errno, disabledSetting: null, call), isShortOfMemory: errno == Errno.OutOfMemory);

    private static OperationKind KindOf(ulong userData) => (OperationKind)(userData >> SlotTable<IRingTarget>.KeyBits);

    private static ulong KeyOf(ulong userData) => userData & ((1UL << SlotTable<IRingTarget>.KeyBits) - 1);

    private static ulong UserData(OperationKind kind, ulong key) => ((ulong)kind << SlotTable<IRingTarget>.KeyBits) | key;

    private unsafe bool TryMakeBufferTable()
    {
        var table = new BufferTableRegistration { Count = IoUringIo.BufferTableSize, Flags = BufferTableRegistration.Sparse };
        return _ring.Register(RegisterOpcode.Buffers2, &table, (uint)sizeof(BufferTableRegistration)) >= 0;
    }

    private void Dispatch(in CompletionEntry completion, ref ResultSink sink)
    {
        var kind = KindOf(completion.UserData);
        var key = KeyOf(completion.UserData);
        if (kind == OperationKind.Close)
        {
            _internalOperations--;
            CloseIfRefused((int)key, completion.Result);
            return;
        }

        if (!_targets.TryGet(key, out var target))
        {
            // A target stays in the table until its last operation has completed.
            Debug.Fail("A completion for a target that is gone.");
            return;
        }

        target.OnCompletion(kind, completion, ref sink);
    }

    private void Dispatch(PollEvents events, ulong userData, ref ResultSink sink)
    {
        // The socket of an event may be closed by now, and a duplicate of its descriptor may keep it open.
        if (KindOf(userData) != OperationKind.WakeUp && _targets.TryGet(KeyOf(userData), out var target))
        {
            target.OnReady(events, ref sink);
        }
    }

    private static void CloseIfRefused(int descriptor, int result)
    {
        // The kernel had no memory for the request: the descriptor is still open.
        if (result is -Errno.OutOfMemory or -Errno.TryAgain)
        {
            _ = LibC.Close(descriptor);
        }
    }
}
