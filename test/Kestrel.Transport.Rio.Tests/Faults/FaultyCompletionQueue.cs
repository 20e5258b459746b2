using System.Diagnostics;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;
using Kestrel.Transport.Rio.Tests.Simulation;

namespace Kestrel.Transport.Rio.Tests.Faults;

internal sealed class FaultyCompletionQueue(FaultyIo io, CompletionQueue inner, DeterministicRandom random) : CompletionQueue(inner.Capacity)
{
    private readonly Dictionary<ulong, FaultyRequestQueue> _requestQueues = [];
    private readonly Dictionary<ulong, FaultyAcceptQueue> _acceptQueues = [];

    // In the order in which they came. Those of one socket are due in that order too.
    private readonly List<HeldCompletion> _held = [];
    private readonly RioResult[] _batch = new RioResult[32];
    private int _wakes;
    private bool _hasHeldLong;
    private volatile bool _hasThrown;

    public override int Outstanding => inner.Outstanding + _held.Count;

    public FaultRates Rates => io.Rates;

    public Action? OnSendingAtOnce => io.OnSendingAtOnce;

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext)
    {
        var acceptQueue = new FaultyAcceptQueue(this, inner, listenSocket, socketContext);
        _acceptQueues[socketContext] = acceptQueue;
        return acceptQueue;
    }

    public override int Dequeue(Span<RioResult> results)
    {
        // All that there is goes through the list, so that one order holds for what is held back and what is not.
        int count;
        do
        {
            count = inner.Dequeue(_batch);
            foreach (ref readonly var result in _batch.AsSpan(0, count))
            {
                var translated = Translate(result);
                Hold(translated, translated.Status != result.Status);
            }
        }
        while (count == _batch.Length);

        return TakeDue(results);
    }

    public override void CommitAll()
    {
        base.CommitAll();
        inner.CommitAll();
    }

    public override void Submit()
    {
        inner.Submit();
    }

    public override bool Wait(TimeSpan timeout)
    {
        if (_held.Count > 0)
        {
            var rest = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), _held.Min(static held => held.Due));
            if (rest <= TimeSpan.Zero)
            {
                inner.Submit();
                return false;
            }

            timeout = timeout == Timeout.InfiniteTimeSpan || rest < timeout ? rest : timeout;
        }

        return inner.Wait(timeout);
    }

    public override void Wake()
    {
        var wakes = Interlocked.Increment(ref _wakes);
        if (Rates.LostWakeUp > 0 && wakes % Rates.LostWakeUp == 0)
        {
            Tally(FaultPoint.LostWakeUp);
            return;
        }

        if (Rates.LateWakeUp == 0 || wakes % Rates.LateWakeUp != 0)
        {
            inner.Wake();
            return;
        }

        Tally(FaultPoint.WakeUp);
        _ = Task.Delay(Rates.LongestHold).ContinueWith(_ => inner.Wake(), TaskScheduler.Default);
    }

    public bool Chance(double probability, FaultPoint point)
    {
        if (!random.Chance(probability))
        {
            return false;
        }

        Tally(point);
        return true;
    }

    public int Between(int least, int most) => random.Between(least, most);

    public SocketError Choose(ReadOnlySpan<SocketError> errors) => errors[random.Below(errors.Length)];

    public void ThrowIfTold()
    {
        if (io.ThrowsNext || random.Chance(Rates.Throw))
        {
            io.ThrowsNext = false;
            _hasThrown = true;
            Tally(FaultPoint.Throw);
            throw new InvalidOperationException(FaultyIo.Exception);
        }
    }

    public void ThrowIfOddAddress()
    {
        if (io.ThrowsAtAddress)
        {
            io.ThrowsAtAddress = false;
            throw new NotSupportedException(FaultyIo.Exception);
        }
    }

    public void Tally(FaultPoint point) => io.Tally.Count(point);

    /// <summary>A completion in which the provider has no part.</summary>
    public void Make(in RioResult result) => Hold(result, isMade: true);

    /// <summary>It was given something to die of. Any thread.</summary>
    public bool HasThrown => _hasThrown;

    public void OnDrained(FaultyRequestQueue requestQueue) => _requestQueues.Remove(requestQueue.SocketContext);

    protected override SocketError CreateRequestQueueCore(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue)
    {
        requestQueue = null;
        if (io.ThrowsAtOpen)
        {
            io.ThrowsAtOpen = false;
            throw new SocketException((int)SocketError.ProtocolOption);
        }

        if (Chance(Rates.QueueRefusal, FaultPoint.RequestQueue))
        {
            io.Discard(socket);
            return SocketError.NoBufferSpaceAvailable;
        }

        Spoil(socket);
        var error = inner.CreateRequestQueue(socket, socketContext, maxReceives, maxSends, out var made);
        if (error == SocketError.Success)
        {
            var created = new FaultyRequestQueue(this, made!, socketContext);
            _requestQueues.Add(socketContext, created);
            io.OnCreated(created, socket.RemoteEndPoint);
            requestQueue = created;
        }

        return error;
    }

    protected override void DiscardCore(AcceptedSocket socket) => io.Discard(socket);

    protected override SocketError ResizeCore(int capacity)
        => Chance(Rates.QueueRefusal, FaultPoint.Resize) ? SocketError.NoBufferSpaceAvailable : inner.Resize(capacity);

    protected override void DisposeCore() => inner.Dispose();

    private RioResult Translate(in RioResult result)
        => _requestQueues.TryGetValue(result.SocketContext, out var requestQueue) ? requestQueue.Translate(result)
            : _acceptQueues.TryGetValue(result.SocketContext, out var acceptQueue) ? acceptQueue.Translate(result)
            : result;

    private void Hold(in RioResult result, bool isMade)
    {
        var context = result.SocketContext;
        var came = Stopwatch.GetTimestamp();
        var due = _held.FindLast(held => held.Result.SocketContext == context).Due;
        if (!_hasHeldLong && Rates.LongHold > TimeSpan.Zero && _requestQueues.ContainsKey(context))
        {
            _hasHeldLong = true;
            due = came + Ticks(Rates.LongHold);
        }
        else if (Chance(Rates.Hold, FaultPoint.Hold))
        {
            due = Math.Max(due, came + Ticks(Rates.LongestHold * random.Between(0, 100) / 100));
        }

        _held.Add(new HeldCompletion(result, isMade, came, due));
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    private int TakeDue(Span<RioResult> results)
    {
        var now = Stopwatch.GetTimestamp();
        var count = 0;
        for (var i = 0; i < _held.Count && count < results.Length;)
        {
            if (_held[i].Due > now)
            {
                i++;
                continue;
            }

            var (result, isMade, came, _) = _held[i];
            _held.RemoveAt(i);
            if (Rates.LongHold > TimeSpan.Zero && now - came >= Ticks(Rates.LongHold))
            {
                Tally(FaultPoint.LongHold);
            }

            results[count++] = result;
            if (_requestQueues.TryGetValue(result.SocketContext, out var requestQueue))
            {
                requestQueue.OnDequeued(result, isMade ? result.Status : null);
            }
            else if (_acceptQueues.TryGetValue(result.SocketContext, out var acceptQueue))
            {
                acceptQueue.OnDequeued(result);
            }
        }

        return count;
    }

    /// <summary>Makes the socket one on which the kernel itself has more to say.</summary>
    private unsafe void Spoil(AcceptedSocket socket)
    {
        const int SendBuffer = 7;
        const int ReceiveBuffer = 8;
        if (random.Chance(Rates.SmallBuffers))
        {
            // The kernel makes the least it can work with of it.
            var size = 1;
            _ = LibC.SetSocketOption((int)socket.Handle, LibC.SolSocket, SendBuffer, &size, sizeof(int));
            _ = LibC.SetSocketOption((int)socket.Handle, LibC.SolSocket, ReceiveBuffer, &size, sizeof(int));
        }
    }
}
