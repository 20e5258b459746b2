using System.Diagnostics;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>
/// Time is counted in passes: each <see cref="Dequeue"/>, <see cref="Submit"/> and <see cref="Wait"/> is one, in which every
/// request queue of this completion queue may get a step further.
/// </summary>
internal sealed class SimulatedCompletionQueue(SimulatedIo io, int capacity) : CompletionQueue(capacity)
{
    private readonly List<SimulatedRequestQueue> _requestQueues = [];
    private readonly List<SimulatedAcceptQueue> _acceptQueues = [];
    private readonly List<long> _closings = [];
    private readonly Queue<ReadyCompletion> _ready = new();
    private bool _woken;
    private bool _disposed;

    public long CurrentPass { get; private set; }

    public override int Outstanding
    {
        get
        {
            lock (io.Gate)
            {
                return OutstandingRequests + _closings.Count;
            }
        }
    }

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext)
    {
        lock (io.Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var acceptQueue = new SimulatedAcceptQueue(io, this, listenSocket, socketContext);
            _acceptQueues.Add(acceptQueue);
            return acceptQueue;
        }
    }

    public override int Dequeue(Span<RioResult> results)
    {
        lock (io.Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Pass();
            var count = 0;
            while (count < results.Length && _ready.TryDequeue(out var completion))
            {
                results[count++] = completion.Result;
                Settle(completion);
            }

            return count;
        }
    }

    public override void Submit()
    {
        lock (io.Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            StartCommitted();
            Pass();
        }
    }

    public override bool Wait(TimeSpan timeout)
    {
        var slept = false;
        lock (io.Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            StartCommitted();
            var start = Stopwatch.GetTimestamp();
            while (!MayReturn(PassUntilQuiet(timeout)))
            {
                if (timeout == Timeout.InfiniteTimeSpan)
                {
                    slept = true;
                    Monitor.Wait(io.Gate);
                    continue;
                }

                var rest = timeout - Stopwatch.GetElapsedTime(start);
                if (rest <= TimeSpan.Zero)
                {
                    break;
                }

                slept = true;
                if (!Monitor.Wait(io.Gate, rest))
                {
                    break;
                }
            }

            _woken = false;
        }

        return slept;
    }

    public override void Wake()
    {
        lock (io.Gate)
        {
            _woken = true;
            io.Changed();
        }
    }

    public void Complete(SimulatedRequestQueue requestQueue, SimulatedRequest request)
    {
        var result = new RioResult(request.Status, (uint)request.Moved, requestQueue.SocketContext, request.Context);
        Enqueue(new ReadyCompletion(result) { RequestQueue = requestQueue, Kind = request.Kind });
    }

    public void Enqueue(in ReadyCompletion completion) => _ready.Enqueue(completion);

    public void OnClosed()
    {
        var passes = io.Random.Below(io.Options.MaxClosingPasses + 1);
        if (passes > 0)
        {
            _closings.Add(CurrentPass + passes);
        }
    }

    public void Remove(SimulatedRequestQueue requestQueue) => _requestQueues.Remove(requestQueue);

    public void Remove(SimulatedAcceptQueue acceptQueue) => _acceptQueues.Remove(acceptQueue);

    protected override SocketError CreateRequestQueueCore(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue)
    {
        lock (io.Gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            requestQueue = null;
            if (io.Adopt(socket) is not { } connection)
            {
                return SocketError.NotSocket;
            }

            var created = new SimulatedRequestQueue(
                io, this, connection, socket.Socket, socketContext, maxReceives, maxSends);
            _requestQueues.Add(created);
            requestQueue = created;
            return SocketError.Success;
        }
    }

    protected override void DiscardCore(AcceptedSocket socket) => io.Discard(socket);

    protected override SocketError ResizeCore(int capacity) => SocketError.Success;

    protected override void DisposeCore()
    {
        lock (io.Gate)
        {
            _disposed = true;
        }
    }

    private bool MayReturn(bool closingEnded)
        => _ready.Count > 0 || _woken || closingEnded || io.Options.Wait == WaitMode.Step;

    /// <summary>Passes until there is something to say or nothing goes on by itself.</summary>
    /// <returns>Whether the count of outstanding work went down without a completion.</returns>
    private bool PassUntilQuiet(TimeSpan timeout)
    {
        var closings = _closings.Count;
        while (Pass() && !MayReturn(_closings.Count < closings) && timeout != TimeSpan.Zero)
        {
        }

        return _closings.Count < closings;
    }

    private bool Pass()
    {
        CurrentPass++;
        _closings.RemoveAll(end => end <= CurrentPass);
        var goesOn = _closings.Count > 0;

        // In another order each time: between connections none may be counted on.
        io.Random.Shuffle(_requestQueues);
        foreach (var requestQueue in _requestQueues)
        {
            goesOn |= requestQueue.Advance(CurrentPass);
        }

        foreach (var acceptQueue in _acceptQueues)
        {
            goesOn |= acceptQueue.Advance(CurrentPass);
        }

        return goesOn;
    }

    private void StartCommitted()
    {
        foreach (var requestQueue in _requestQueues)
        {
            requestQueue.StartCommitted();
        }
    }

    private void Settle(in ReadyCompletion completion)
    {
        completion.EndedAccepts?.Disarm();
        if (completion.RequestQueue is { } requestQueue)
        {
            requestQueue.OnDequeued(completion.Kind);
        }
        else
        {
            OnRequestDequeued();
        }
    }
}
