using System.Net.Sockets;

namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// A queue of completions, and the request queues that lead to it. Owned by one thread at a time. Other threads may call only
/// <see cref="Wake"/>. Windows: <c>RIO_CQ</c> with an IOCP for its notification. Linux: a ring, and an <c>epoll</c> set for readiness.
/// </summary>
internal abstract class CompletionQueue : IDisposable
{
    /// <summary>WSAETOOMANYREFS (winerror.h), which has no name in <see cref="SocketError"/>.</summary>
    public const SocketError TooManyReferences = (SocketError)10059;

    /// <summary>The least number of sockets with data whose receives begin in one pass. A provider may leave further ones for later passes.</summary>
    public const int LeastBegunPerPass = 32;

    // Request queues with deferred requests, in the order of their first one.
    private readonly Queue<RequestQueue> _uncommitted = new();

    protected CompletionQueue(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        Capacity = capacity;
    }

    /// <summary>The completions that request queues may charge in sum.</summary>
    public int Capacity { get; private set; }

    /// <summary>
    /// The sum of the request queues' charges: the receive and send limits of each, from its creation until it is closed
    /// and its last completion was dequeued.
    /// </summary>
    public int Charged { get; private set; }

    /// <summary>
    /// Requests of the request queues and accept queues whose completions were not dequeued, and the provider's own operations
    /// for sockets that are closing. The queue may be disposed at 0.
    /// </summary>
    public abstract int Outstanding { get; }

    /// <summary>Requests of the request queues and accept queues whose completions were not dequeued.</summary>
    protected int OutstandingRequests { get; private set; }

    /// <summary>
    /// Why the queue is lost, or null. On a lost queue every outstanding request has completed with an error, request queues
    /// refuse new ones, and accepts continue. Windows: <c>RIO_CORRUPT_CQ</c>. Linux: never.
    /// </summary>
    public virtual string? Failure => null;

    /// <summary>
    /// The buffers of requests that completed only because of the <see cref="Failure"/>. The kernel may still read and write
    /// them: they must never be used again, and their registration stays.
    /// </summary>
    public virtual IReadOnlyList<RioBuffer> LostBuffers => [];

    /// <summary>Makes room for the requests of one more request queue, ahead of need where the system allows it.</summary>
    public void MakeRoom(int requests)
    {
        var needed = Charged + requests;
        if (needed > Capacity && Resize(Math.Max(needed, Capacity * 2)) != SocketError.Success)
        {
            _ = Resize(needed);
        }
    }

    /// <summary>
    /// Changes the capacity. Windows: <c>RIOResizeCompletionQueue</c>. Linux: an account only.
    /// </summary>
    /// <returns>
    /// Success; <see cref="TooManyReferences"/> when less than is charged;
    /// <see cref="SocketError.NoBufferSpaceAvailable"/> when the provider cannot grow so far.
    /// </returns>
    public SocketError Resize(int capacity)
    {
        if (capacity < Math.Max(Charged, 1))
        {
            return TooManyReferences;
        }

        var error = ResizeCore(capacity);
        if (error == SocketError.Success)
        {
            Capacity = capacity;
        }

        return error;
    }

    /// <summary>
    /// Makes the request queue of a connected socket. It takes the socket over, also when it fails.
    /// Windows: <c>RIOCreateRequestQueue</c> with one data buffer per request.
    /// </summary>
    /// <param name="socket">The socket; the request queue closes it.</param>
    /// <param name="socketContext">Comes back in <see cref="RioResult.SocketContext"/> of every completion.</param>
    /// <param name="maxReceives">How many receives may be outstanding; at least 1.</param>
    /// <param name="maxSends">How many sends may be outstanding; at least 1.</param>
    /// <param name="requestQueue">The queue, when the result is success.</param>
    /// <returns>
    /// Success, or <see cref="SocketError.NoBufferSpaceAvailable"/> (WSAENOBUFS) when the limits exceed the free part of
    /// <see cref="Capacity"/>: resize first.
    /// </returns>
    public SocketError CreateRequestQueue(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxReceives, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSends, 1);
        if (Charged + maxReceives + maxSends > Capacity)
        {
            requestQueue = null;
            DiscardCore(socket);
            return SocketError.NoBufferSpaceAvailable;
        }

        var error = CreateRequestQueueCore(socket, socketContext, maxReceives, maxSends, out requestQueue);
        if (error == SocketError.Success)
        {
            Charged += maxReceives + maxSends;
        }

        return error;
    }

    /// <summary>
    /// Makes the accept queue of a listening socket, which stays the caller's. Windows: <c>AcceptEx</c>.
    /// Linux: <c>accept4</c>.
    /// </summary>
    public abstract AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext);

    /// <summary>
    /// Takes completions, without waiting and without a system call. Those of one socket and direction come oldest first. A provider
    /// may leave waits for data for later passes; then <see cref="Wait"/> does not sleep.
    /// Windows: <c>RIODequeueCompletion</c>. Linux: reads the mapped ring, and the events that the last <see cref="Submit"/> or
    /// <see cref="Wait"/> has fetched.
    /// </summary>
    /// <returns>How many there were, at most the length of <paramref name="results"/>.</returns>
    public abstract int Dequeue(Span<RioResult> results);

    /// <summary>
    /// Commits every request queue that has deferred requests, in the order of their first one. Called at the end of each pass.
    /// </summary>
    /// <remarks>A commit that throws takes its request queue off the list. Those behind it stay for the next call.</remarks>
    public virtual void CommitAll()
    {
        while (_uncommitted.TryDequeue(out var requestQueue))
        {
            requestQueue.CommitListed();
        }
    }

    /// <summary>
    /// Hands every committed request to the kernel without waiting. Windows: nothing, a commit has done it.
    /// Linux: one <c>io_uring_enter</c> for all of them, or none, and one <c>epoll_wait</c>.
    /// </summary>
    public abstract void Submit();

    /// <summary>
    /// Does what <see cref="Submit"/> does, and sleeps until there is a completion, a thread
    /// calls <see cref="Wake"/>, or the time is over. It may also return for no reason. Windows: <c>RIONotify</c> and
    /// <c>GetQueuedCompletionStatus</c>. Linux: <c>epoll_wait</c>.
    /// </summary>
    /// <param name="timeout">The longest sleep; <see cref="Timeout.InfiniteTimeSpan"/> for no limit.</param>
    /// <returns>Whether the thread slept in the kernel. False where there was nothing to wait for, or no time.</returns>
    public abstract bool Wait(TimeSpan timeout);

    /// <summary>
    /// Ends the <see cref="Wait"/> that is under way, or the next one. Any thread. On a disposed queue it does nothing. A machine
    /// without memory may lose a wake-up; the caller then repeats it.
    /// Windows: <c>PostQueuedCompletionStatus</c>. Linux: a write to an eventfd.
    /// </summary>
    public abstract void Wake();

    /// <summary>
    /// Releases the queue. Windows: <c>RIOCloseCompletionQueue</c>, which silently drops later completions. So on
    /// every platform it is an error unless <see cref="Outstanding"/> is 0.
    /// </summary>
    /// <exception cref="InvalidOperationException">Something is outstanding. Nothing was released.</exception>
    public void Dispose()
    {
        if (Outstanding != 0)
        {
            throw new InvalidOperationException($"A completion queue was disposed with {Outstanding} requests outstanding.");
        }

        DisposeCore();
    }

    /// <summary>A request of a request queue or of an accept queue is accepted.</summary>
    internal void OnRequestQueued() => OutstandingRequests++;

    /// <summary>The caller has the completion of a request.</summary>
    internal void OnRequestDequeued() => OutstandingRequests--;

    /// <summary>The request queue has deferred requests, and is not listed yet.</summary>
    internal void AddUncommitted(RequestQueue requestQueue) => _uncommitted.Enqueue(requestQueue);

    /// <summary>The request queue is closed and its last completion was dequeued: what it has charged is free again.</summary>
    internal void Release(RequestQueue requestQueue)
        => Charged -= requestQueue.MaxOutstandingReceives + requestQueue.MaxOutstandingSends;

    protected abstract SocketError CreateRequestQueueCore(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue);

    protected abstract void DiscardCore(AcceptedSocket socket);

    protected abstract SocketError ResizeCore(int capacity);

    protected abstract void DisposeCore();
}
