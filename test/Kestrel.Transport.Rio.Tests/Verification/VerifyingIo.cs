using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>
/// A provider around a provider that watches both sides keep the contract. Every breach is thrown where it happens, and
/// again by <see cref="AssertNothingLeft"/>.
/// </summary>
internal sealed class VerifyingIo : RegisteredIo, IBlockObserver, INativeMemory
{
    private readonly RegisteredIo _inner;
    private readonly Lock _lock = new();
    private readonly List<VerifyingCompletionQueue> _completionQueues = [];
    private readonly HashSet<nint> _accepted = [];
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public VerifyingIo(RegisteredIo inner, VerifierScope scope)
    {
        _inner = inner;
        Scope = scope;
        Record = new BreachRecord();
        Memory = new MemoryLedger(Record, inner.Capabilities.AcceptsUnregisteredBuffers);
    }

    public override string Name => _inner.Name;

    public override RioCapabilities Capabilities => _inner.Capabilities;

    public VerifierScope Scope { get; }

    public BreachRecord Record { get; }

    public MemoryLedger Memory { get; }

    private INativeMemory NativeMemory => _inner as INativeMemory ?? SystemMemory.Instance;

    /// <summary>Ends when the transport lets go of the provider, which is when all of its slabs have gone back.</summary>
    public Task Disposed => _disposed.Task;

    public override SocketError RegisterBuffer(nint address, int length, out BufferId id)
    {
        var error = _inner.RegisterBuffer(address, length, out id);
        if (error == SocketError.Success)
        {
            Memory.OnRegistered(id, address, length);
        }

        return error;
    }

    public override void DeregisterBuffer(BufferId id)
    {
        // Before the call: afterwards the id may be somebody else's.
        Memory.OnDeregistering(id);
        _inner.DeregisterBuffer(id);
    }

    public override CompletionQueue CreateCompletionQueue(int capacity)
    {
        var completionQueue = new VerifyingCompletionQueue(this, _inner.CreateCompletionQueue(capacity));
        lock (_lock)
        {
            _completionQueues.Add(completionQueue);
        }

        return completionQueue;
    }

    public override void Discard(AcceptedSocket socket)
    {
        OnTakenOver(socket);
        _inner.Discard(socket);
    }

    public override ThreadActivity? ObserveCurrentThread() => _inner.ObserveCurrentThread();

    public override ThreadTimes? ReadThreadTimes() => _inner.ReadThreadTimes();

    public override Alarm CreateAlarm() => _inner.CreateAlarm();

    public override void Dispose()
    {
        _inner.Dispose();
        _disposed.TrySetResult();
    }

    public nint Allocate(int length, int alignment) => NativeMemory.Allocate(length, alignment);

    public void Free(nint address) => NativeMemory.Free(address);

    public void OnRented(nint address, int length) => Memory.OnRented(address, length);

    public void OnReturned(nint address, int length) => Memory.OnReturned(address, length);

    public void OnSocketAccepted(AcceptedSocket socket)
    {
        lock (_lock)
        {
            _accepted.Add(socket.Handle);
        }
    }

    /// <summary>Before the call that closes it or makes a request queue of it: afterwards the handle may be another's.</summary>
    public void OnTakenOver(AcceptedSocket socket)
    {
        lock (_lock)
        {
            _accepted.Remove(socket.Handle);
        }
    }

    public void OnDisposed(VerifyingCompletionQueue completionQueue)
    {
        lock (_lock)
        {
            _completionQueues.Remove(completionQueue);
        }
    }

    /// <summary>Throws the first breach there was; then whatever is not closed, drained, returned and deregistered.</summary>
    public void AssertNothingLeft() => AssertNothingLeft(lostBlocks: 0);

    /// <summary>The same, where so many blocks, and the slabs that they keep, are somebody else's to account for.</summary>
    public void AssertNothingLeft(long lostBlocks)
    {
        if (Record.Breaches is [var first, ..])
        {
            throw new LifecycleBreachException(first.Rule, first.Message + Environment.NewLine + first.StackTrace);
        }

        var leftovers = Leftovers();
        if (lostBlocks > 0 && leftovers.Count(static left => left.Rule == LifecycleRule.NoBlockLeftRented) <= lostBlocks)
        {
            leftovers.RemoveAll(static left => left.Rule is LifecycleRule.NoBlockLeftRented or LifecycleRule.NoBufferLeftRegistered);
        }

        if (leftovers is [var (rule, _), ..])
        {
            throw new LifecycleBreachException(rule, string.Join("; ", leftovers.Select(left => $"{left.Rule}: {left.What}")));
        }
    }

    private List<(LifecycleRule Rule, string What)> Leftovers()
    {
        lock (_lock)
        {
            return
            [
                .. Memory.Leftovers(),
                .. _completionQueues.SelectMany(completionQueue => completionQueue.Leftovers()),
                .. _accepted.Select(handle => (LifecycleRule.NoAcceptedSocketLost, $"handle {handle:x}")),
            ];
        }
    }
}
