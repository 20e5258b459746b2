using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Owns one completion queue and every connection on it. All requests of a connection are posted and dequeued in
/// <see cref="RunPass"/>, on the thread that is bound to the poller; everybody else comes through <see cref="Post"/>, and sends at most
/// bulk data without a request.
/// </summary>
internal sealed partial class CompletionPoller
{
    // One batch of completions. 128 of 24 bytes stay in the first-level cache; a batch of a busy poller is 20 to 60.
    private const int DequeueBatch = 128;

    [ThreadStatic]
    private static CompletionPoller? t_current;

    private readonly CompletionQueue _completionQueue;
    private readonly ILogger _logger;
    private readonly RioResult[] _results = new RioResult[DequeueBatch];
    private readonly Mailbox _mailbox = new();
    private readonly SlotTable<CompletionTarget> _targets = new();
    private readonly WakeUp _wakeUp;
    private readonly PollerAction _leavePool;
    private MailboxItem? _oldestLocal;
    private MailboxItem? _newestLocal;
    private int _sleeping;
    private int _connections;

    public CompletionPoller(
        int index, CompletionQueue completionQueue, RegisteredMemoryPool memoryPool, RioCapabilities capabilities,
        ParkingSlices? parking, ILogger logger, Leadership? leadership = null)
    {
        Index = index;
        MemoryPool = memoryPool;
        Capabilities = capabilities;
        Parking = parking;
        _completionQueue = completionQueue;
        _logger = logger;
        Leadership = leadership;
        Inline = new PollerScheduler(this);
        ThreadPoolBatches = new BatchScheduler(this);
        _wakeUp = new WakeUp(completionQueue);
        Starved = new StarvedQueue(this);
        Bulk = capabilities is { CanWaitForData: true, AcceptsUnregisteredBuffers: true } ? memoryPool.CreateBulkBuffers() : null;
        _giveUpSpare = new PollerAction(GiveUpSpare);
        _giveUpCache = new PollerAction(memoryPool.FlushCurrentThreadCache);
        _leavePool = new PollerAction(LeavePool);
    }

    public int Index { get; }

    public RegisteredMemoryPool MemoryPool { get; }

    public RioCapabilities Capabilities { get; }

    /// <summary>Where idle connections wait for data, or null where they hold nothing meanwhile.</summary>
    public ParkingSlices? Parking { get; }

    /// <summary>
    /// What bulk data are received into, or null where blocks are: a buffer is only held by who knows that there are data, and
    /// is not registered.
    /// </summary>
    public BulkBuffers? Bulk { get; }

    /// <summary>What it takes to replace the thread; null where only one thread ever runs the poller.</summary>
    public Leadership? Leadership { get; }

    /// <summary>Runs application code on this poller.</summary>
    public PollerScheduler Inline { get; }

    /// <summary>Runs application code on the thread pool.</summary>
    public BatchScheduler ThreadPoolBatches { get; }

    /// <summary>The connections that wait for registered memory.</summary>
    public StarvedQueue Starved { get; }

    public PollerFigures Figures { get; } = new();

    /// <summary>Connections that were given to this poller and are not released yet. Any thread.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Requests in the kernel and completions that were not dequeued. For figures, read from any thread.</summary>
    public int Outstanding => _completionQueue.Outstanding;

    /// <summary>
    /// Nothing is on this poller any more, and nothing will come back for it; and applications that wait for work of theirs
    /// to be run here do not wait in vain.
    /// </summary>
    public bool IsDrained => _targets.Count == 0 && _completionQueue.Outstanding == 0 && !HasLocalWork && !HasLater && _mailbox.IsEmpty;

    public bool IsStopping { get; private set; }

    /// <summary>
    /// This thread may touch what the poller owns. Not while it is in application code that another thread may take the poller
    /// over from.
    /// </summary>
    public bool IsOnOwnThread => t_current == this;

    /// <summary>Makes the calling thread the poller's, until <see cref="Unbind"/>.</summary>
    public void Bind() => t_current = this;

    public static void Unbind() => t_current = null;

    /// <summary>A connection is on its way to this poller. Any thread.</summary>
    public void ReserveConnection() => Interlocked.Increment(ref _connections);

    public void ReleaseConnection() => Interlocked.Decrement(ref _connections);

    /// <summary>Has an item executed on the poller's thread, once, however often it is posted until then. Any thread.</summary>
    public void Post(MailboxItem item)
    {
        if (!item.TryMarkPosted())
        {
            return;
        }

        if (IsOnOwnThread)
        {
            AddLocal(item);
            return;
        }

        _mailbox.Add(item);
        if (_isLeftToThreadPool)
        {
            RequestThreadPool();
            return;
        }

        // The poller raises its flag before it looks into the mailbox for the last time, and this thread put the item in
        // before it looks at the flag: one of the two sees the other. Only the one that takes the flag down pays for the call.
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
        {
            Wake();
        }
    }

    /// <summary>Has application work run on the poller's thread. Any thread.</summary>
    public void Schedule(in ReadyWork work)
    {
        if (IsOnOwnThread)
        {
            _work.Enqueue(work);
        }
        else
        {
            Post(new ScheduledWork(this, work));
        }
    }

    /// <summary>Gives a target its key for <see cref="RioResult.SocketContext"/>.</summary>
    public ulong Register(CompletionTarget target) => _targets.Add(target);

    public void Unregister(ulong key) => _targets.Remove(key);

    /// <summary>Makes the request queue of a socket, and room for it first.</summary>
    public SocketError CreateRequestQueue(AcceptedSocket socket, ulong key, int maxReceives, int maxSends, out RequestQueue? requestQueue)
    {
        var needed = _completionQueue.Charged + maxReceives + maxSends;
        if (needed > _completionQueue.Capacity)
        {
            // Ahead of need where that can be had. Refused: the creation below says so, and takes care of the socket.
            if (_completionQueue.Resize(Math.Max(needed, _completionQueue.Capacity * 2)) != SocketError.Success)
            {
                _ = _completionQueue.Resize(needed);
            }
        }

        return _completionQueue.CreateRequestQueue(socket, key, maxReceives, maxSends, out requestQueue);
    }

    public AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong key) => _completionQueue.CreateAcceptQueue(listenSocket, key);

    /// <summary>From now on targets are told to end. The poller's thread only.</summary>
    public void BeginStop()
    {
        IsStopping = true;
        TellAll(static target => target.OnPollerStopping());
    }

    /// <summary>
    /// One pass: mailbox, completions, application work, commits, and then one call into the kernel that hands over all of
    /// it and, when nothing is left to do, waits.
    /// </summary>
    /// <returns>
    /// False when another thread has taken the poller over in the middle of it: this one must not touch the poller again.
    /// </returns>
    public bool RunPass(TimeSpan maxWait)
    {
        var wasStopping = IsStopping;
        var wasDead = IsDead;
        _bulkInPass = 0;

        // It may have shown while the poller waited, and a request that a lost queue refuses does not say why.
        CheckForFailure();
        ExecuteMailbox();
        var mayMoreCome = DispatchCompletions() || !_hasWaited;
        ExecuteLater(mayMoreCome);
        if (!RunWork())
        {
            return false;
        }

        Deliver();
        Figures.CountPass();

        // The pass that begins the stop, or in which the poller dies, does not know yet how long the caller wants to wait for
        // its end, and after the one that ends it nothing comes to be waited for.
        if (HasLocalWork || IsStopping != wasStopping || IsDead != wasDead || (IsStopping && IsDrained))
        {
            _hasWaited = false;
            _completionQueue.Submit();
            return true;
        }

        Sleep(HasLater ? TimeSpan.Zero : maxWait);
        return true;
    }

    /// <summary>Releases the completion queue. Only when <see cref="IsDrained"/>.</summary>
    public void Close()
    {
        Parking?.ReleaseSpare();
        Bulk?.ReleaseSpare();
        _completionQueue.Dispose();
    }

    private bool HasLocalWork => _work.Count > 0 || _oldestLocal is not null;

    private void Sleep(TimeSpan maxWait)
    {
        Interlocked.Exchange(ref _sleeping, 1);
        _hasWaited = _mailbox.IsEmpty;
        if (_hasWaited)
        {
            if (_completionQueue.Wait(maxWait))
            {
                Figures.CountWait();
            }
        }
        else
        {
            _completionQueue.Submit();
        }

        Volatile.Write(ref _sleeping, 0);
    }

    private void Wake()
    {
        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            // Behind what this worker has begun: the other requests of its batch then find the poller still asleep, and
            // one wake-up serves them all. An idle worker takes it over at once.
            ThreadPool.UnsafeQueueUserWorkItem(_wakeUp, preferLocal: true);
        }
        else
        {
            _completionQueue.Wake();
        }
    }

    private void AddLocal(MailboxItem item)
    {
        item.Next = null;
        if (_newestLocal is null)
        {
            _oldestLocal = item;
        }
        else
        {
            _newestLocal.Next = item;
        }

        _newestLocal = item;
    }

    private void ExecuteMailbox()
    {
        ExecuteAll(_mailbox.TakeAll());
        ExecuteLocal();
    }

    private void ExecuteLocal()
    {
        while (_oldestLocal is { } items)
        {
            _oldestLocal = null;
            _newestLocal = null;
            ExecuteAll(items);
        }
    }

    private void ExecuteAll(MailboxItem? item)
    {
        while (item is not null)
        {
            // Read before it may be posted again, which writes it.
            var next = item.Next;
            item.Next = null;
            item.MarkTaken();
            try
            {
                item.Execute();
            }
            catch (Exception e)
            {
                // Caught here and not at the end of the pass, or the items behind it would be lost.
                Die(e);
            }

            item = next;
        }
    }

    /// <summary>True when there were any.</summary>
    private bool DispatchCompletions()
    {
        var all = 0;
        int count;
        do
        {
            count = _completionQueue.Dequeue(_results);
            Figures.CountCompletions(count);
            CheckForFailure();
            all += count;
            for (var i = 0; i < count; i++)
            {
                Dispatch(_results[i]);
            }
        }
        while (count == DequeueBatch);
        return all > 0;
    }

    private void Dispatch(in RioResult result)
    {
        if (!_targets.TryGet(result.SocketContext, out var target))
        {
            // On a dead poller it was dequeued together with what the poller died of, and its target has left because of that; or
            // its target was given up.
            if (!IsDead)
            {
                RioLog.UnknownCompletion(_logger, result.SocketContext);
            }

            return;
        }

        try
        {
            target.OnCompletion(result);
        }
        catch (Exception e)
        {
            // Caught here and not at the end of the pass, or the completions behind it would be lost.
            Die(e);
        }
    }

    /// <summary>What has been gathered goes where it is to go: work to the thread pool, requests to the completion queue.</summary>
    private void Deliver()
    {
        ThreadPoolBatches.HandOver();
        CommitRequests();
    }

    private void CommitRequests()
    {
        bool isDone;
        do
        {
            try
            {
                _completionQueue.CommitAll();
                isDone = true;
            }
            catch (Exception e)
            {
                // The request queues behind the one that threw are still to be committed.
                Die(e);
                isDone = false;
            }
        }
        while (!isDone);
    }
}
