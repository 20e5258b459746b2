using System.Collections.Concurrent;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Verification;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>
/// A provider under the verifier, with a completion queue to begin with. At the end everything is closed and drained, and
/// nothing may be left: so every scenario tests the lifecycle too.
/// </summary>
internal sealed class Bench(ProviderFixture fixture) : IDisposable
{
    private const int Capacity = 16 * 1024;
    private const int ContextsPerDriver = 100_000;
    private readonly List<QueueDriver> _drivers = [];
    private readonly List<RegisteredMemory> _memory = [];
    private readonly ConcurrentBag<IDisposable> _others = [];

    public VerifyingIo Io { get; } = new(fixture.Create(), VerifierScope.Provider);

    public ProviderFixture Fixture => fixture;

    /// <summary>The driver that most tests need no second of.</summary>
    public QueueDriver Main => field ??= NewDriver();

    public QueueDriver NewDriver(int capacity = Capacity)
    {
        var driver = new QueueDriver(this, capacity, (ulong)(_drivers.Count + 1) * ContextsPerDriver);
        _drivers.Add(driver);
        return driver;
    }

    public RemoteEnd Connect(out AcceptedSocket accepted) => fixture.Connect(out accepted);

    public RegisteredMemory Allocate(int length, bool registered = true)
    {
        var memory = new RegisteredMemory(Io, length, registered);
        _memory.Add(memory);
        return memory;
    }

    /// <summary>Memory with bytes in it that follow from the seed.</summary>
    public RegisteredMemory AllocateFilled(int length, ulong seed = 1)
    {
        var memory = Allocate(length);
        Bytes(length, seed).CopyTo(memory.Span);
        return memory;
    }

    /// <summary>Any thread: a test may have two.</summary>
    public T Own<T>(T disposable)
        where T : IDisposable
    {
        lock (_others)
        {
            _others.Add(disposable);
        }

        return disposable;
    }

    public static byte[] Bytes(int length, ulong seed = 1)
    {
        var bytes = new byte[length];
        new Simulation.DeterministicRandom(seed).Fill(bytes);
        return bytes;
    }

    public void Dispose()
    {
        _drivers.ForEach(driver => driver.Dispose());
        _memory.ForEach(memory => memory.Dispose());
        foreach (var other in _others)
        {
            other.Dispose();
        }

        Io.AssertNothingLeft();
        Io.Dispose();
        fixture.AssertNoBreach();
    }
}
