using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>
/// Owns one completion queue and every connection on it. All requests of a connection are posted and dequeued in
/// <see cref="RunPass"/>, on the thread that is bound to the poller. Other threads use <see cref="Post"/>. They send at most bulk data
/// without a request.
/// </summary>
internal sealed class CompletionPoller
{
    // One batch of completions. 128 of 24 bytes stay in the first-level cache; a batch of a busy poller is 20 to 60.
    private const int DequeueBatch = 128;

    // What application code on the poller's thread may send directly in a pass, and one connection half of it. It takes 0.3 ms in all.
    private const int MaxBulkPerPass = 1024 * 1024;

    [ThreadStatic]
    private static CompletionPoller? t_current;

    private readonly CompletionQueue _completionQueue;
    private readonly IWorkRunner _runner;
    private readonly ILogger _logger;
    private readonly RioResult[] _results = new RioResult[DequeueBatch];
    private readonly ArrivalQueue _arrivals;
    private readonly PollerSleep _sleep;
    private readonly PollerRemainder _remainder;
    private int _connections;
    private int _bulkInPass;

    // The last pass ended in a wait, if only in one of no length: all that had arrived before it has completed.
    private bool _hasWaited;

    public CompletionPoller(
        int index, CompletionQueue completionQueue, RegisteredMemoryPool memoryPool, RioCapabilities capabilities,
        ParkingSlices? parking, ILogger logger, Func<CompletionPoller, IWorkRunner> createRunner)
    {
        Index = index;
        MemoryPool = memoryPool;
        Capabilities = capabilities;
        Parking = parking;
        _completionQueue = completionQueue;
        _logger = logger;
        Inbox = new Inbox(Die);
        _arrivals = new ArrivalQueue(Figures, Die);
        _sleep = new PollerSleep(completionQueue, Inbox);
        Targets = new TargetTable(Die);
        End = new PollerEnd(this, completionQueue, logger);
        Starved = new StarvedQueue(this);
        Bulk = capabilities is { CanWaitForData: true, AcceptsUnregisteredBuffers: true } ? memoryPool.CreateBulkBuffers() : null;
        Spare = new SpareMemory(this);
        _remainder = new PollerRemainder(this, ExecuteRemainder);
        _runner = createRunner(this);
    }

    public int Index { get; }

    public RegisteredMemoryPool MemoryPool { get; }

    public RioCapabilities Capabilities { get; }

    /// <summary>Where idle connections wait for data, or null where they hold nothing meanwhile.</summary>
    public ParkingSlices? Parking { get; }

    /// <summary>
    /// Unregistered buffers for bulk data, or null where blocks receive it. A connection holds one only while it is known to have data.
    /// </summary>
    public BulkBuffers? Bulk { get; }

    /// <summary>Runs the application work.</summary>
    public IWorkRunner Runner => _runner;

    /// <summary>What completions on this poller are for: connections, and endpoints that accept. The poller's thread only.</summary>
    public TargetTable Targets { get; }

    /// <summary>The items that wait for this poller's thread.</summary>
    public Inbox Inbox { get; }

    /// <summary>How this poller ends before its time.</summary>
    public PollerEnd End { get; }

    /// <summary>Releases memory that this poller does not need.</summary>
    public SpareMemory Spare { get; }

    /// <summary>The connections that wait for registered memory.</summary>
    public StarvedQueue Starved { get; }

    public PollerFigures Figures { get; } = new();

    /// <summary>Connections that were given to this poller and are not released yet. Any thread.</summary>
    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Requests in the kernel and completions that were not dequeued. For figures, read from any thread.</summary>
    public int Outstanding => _completionQueue.Outstanding;

    /// <summary>Nothing is on this poller any more, and no application waits for an item that it posted here.</summary>
    public bool IsDrained => Targets.Count == 0 && _completionQueue.Outstanding == 0 && !HasLocalWork && _arrivals.IsEmpty && Inbox.IsMailboxEmpty;

    public bool IsStopping { get; private set; }

    /// <summary>
    /// Whether this thread may touch what the poller owns. Not while it is in application code during which another thread may take the
    /// poller over.
    /// </summary>
    public bool IsOnOwnThread => t_current == this;

    /// <summary>
    /// The exception of the transport itself that ended this poller; null while it lives. Its thread goes on until everything outstanding
    /// has completed, and nothing new is started here. Any thread.
    /// </summary>
    public Exception? CauseOfDeath => End.Cause;

    public bool IsDead => End.Cause is not null;

    /// <summary>Whether new connections must go elsewhere. Any thread.</summary>
    public bool IsLost => IsDead || End.HasQueueFailed;

    /// <summary>Application code that runs here may send bulk data itself in this pass. The poller's thread only.</summary>
    public bool HasTimeForBulk => _bulkInPass < MaxBulkPerPass;

    private bool HasLocalWork => _runner.HasWork || Inbox.HasLocal;

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
            Inbox.AddLocal(item);
            return;
        }

        Inbox.Add(item);
        if (_remainder.IsActive)
        {
            _remainder.Request();
            return;
        }

        _sleep.WakeAfterPost();
    }

    /// <summary>Has application work run as this poller's runner does it. Any thread.</summary>
    public void Schedule(in ReadyWork work)
    {
        if (IsOnOwnThread)
        {
            _runner.Add(work);
        }
        else
        {
            Post(new ScheduledWork(this, work));
        }
    }

    /// <summary>
    /// Runs an action after all bytes that have arrived by now for the connections of this poller were received, and read as far as the
    /// application reads. That is when nothing more comes, or after a few passes. The poller's thread only.
    /// </summary>
    public void RunAfterArrivals(Action action)
    {
        if (_remainder.IsActive)
        {
            action();
        }
        else
        {
            _arrivals.Add(action, Connections);
        }
    }

    /// <summary>Bulk data were sent by the thread that wrote them. Any thread; counted on the poller's.</summary>
    public void CountBulk(int bytes)
    {
        if (IsOnOwnThread)
        {
            _bulkInPass += bytes;
        }
    }

    /// <summary>Gives a target its key for <see cref="RioResult.SocketContext"/>.</summary>
    public ulong Register(CompletionTarget target) => Targets.Add(target);

    public void Unregister(ulong key) => Targets.Remove(key);

    /// <summary>Makes the request queue of a socket, and room for it first.</summary>
    public SocketError CreateRequestQueue(AcceptedSocket socket, ulong key, int maxReceives, int maxSends, out RequestQueue? requestQueue)
    {
        // Refused: the creation below says so, and takes care of the socket.
        _completionQueue.MakeRoom(maxReceives + maxSends);
        return _completionQueue.CreateRequestQueue(socket, key, maxReceives, maxSends, out requestQueue);
    }

    public AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong key) => _completionQueue.CreateAcceptQueue(listenSocket, key);

    /// <summary>The current thread runs the passes from here on.</summary>
    public void BeginLeading()
    {
        if (_runner.TakeStandstill() is { } standstill)
        {
            Figures.OnStandstill?.Invoke(standstill);

            // The completions of that time have waited longest. And the thread that posts requests must be the one that dequeued last.
            DispatchCompletions();
            _hasWaited = false;

            // The broken-off pass left its posts and answers undone, and the next pass may be broken off as well.
            Inbox.Execute();
            Deliver();
            _completionQueue.Submit();
        }
    }

    /// <summary>
    /// One pass: mailbox, completions, application work, commits. Then one call into the kernel hands over all of it and, when nothing is
    /// left to do, waits.
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
        End.CheckQueue();
        Inbox.Execute();
        var mayMoreCome = DispatchCompletions() || !_hasWaited;
        _arrivals.Run(mayMoreCome);
        if (!RunWork())
        {
            return false;
        }

        Deliver();
        Figures.CountPass();

        // When the stop begins, or the poller dies, the caller does not know yet how long to wait. After the stop nothing will come.
        if (HasLocalWork || IsStopping != wasStopping || IsDead != wasDead || (IsStopping && IsDrained))
        {
            _hasWaited = false;
            _completionQueue.Submit();
            return true;
        }

        if (_sleep.Sleep(_arrivals.IsEmpty ? maxWait : TimeSpan.Zero, out _hasWaited))
        {
            Figures.CountWait();
        }

        return true;
    }

    /// <summary>Notifies all targets that they must end. The poller's thread only.</summary>
    public void BeginStop()
    {
        IsStopping = true;
        Targets.NotifyAll(static target => target.OnPollerStopping());
    }

    /// <inheritdoc cref="PollerEnd.Die"/>
    public void Die(Exception cause) => End.Die(cause);

    /// <summary>
    /// The poller's thread ends here. The thread pool executes present and later posts, so that no application waits without end. The
    /// poller's thread only.
    /// </summary>
    /// <remarks>After an abandoned drain the completion queue still exists, and nothing submits what an item hands to it.</remarks>
    public void LeaveToThreadPool() => _remainder.Activate();

    /// <summary>Releases the completion queue. Only when <see cref="IsDrained"/>.</summary>
    public void Close()
    {
        Parking?.ReleaseSpare();
        Bulk?.ReleaseSpare();
        _completionQueue.Dispose();
    }

    /// <inheritdoc cref="PollerSleep.WakeForMailbox"/>
    public void WakeForMailbox() => _sleep.WakeForMailbox();

    /// <summary>False when another thread has taken the poller over.</summary>
    private bool RunWork()
    {
        if (!HasLocalWork || !MemoryPool.IsScarce)
        {
            return _runner.Run();
        }

        // Application code may keep the thread without end, and no other thread reaches its cache.
        var cache = MemoryPool.SetCacheAside();
        try
        {
            return _runner.Run();
        }
        finally
        {
            ThreadCaches.TakeUp(cache);
        }
    }

    /// <summary>Dequeues and dispatches all completions. True when there were any.</summary>
    private bool DispatchCompletions()
    {
        var all = 0;
        int count;
        do
        {
            count = _completionQueue.Dequeue(_results);
            Figures.CountCompletions(count);
            End.CheckQueue();
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
        if (!Targets.TryGet(result.SocketContext, out var target))
        {
            // On a dead poller the target has ended because of a completion of the same batch, or it was abandoned.
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

    /// <summary>Gathered work goes to the thread pool, and requests to the completion queue.</summary>
    private void Deliver()
    {
        _runner.Deliver();
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

    private void ExecuteRemainder()
    {
        Inbox.Execute();
        _arrivals.RunAll();
        Inbox.ExecuteLocal();
        _runner.LeaveToThreadPool();
    }
}
