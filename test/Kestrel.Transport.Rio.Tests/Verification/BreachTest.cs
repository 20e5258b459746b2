using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>What a test needs that commits a breach of the transport's and is caught at it by name.</summary>
public abstract class BreachTest : IDisposable
{
    internal const ulong Context = 0xC0;
    private readonly List<RegisteredMemory> _memory = [];

    private protected BreachTest(SimulationOptions? options = null)
    {
        Simulation = new SimulatedIo(options);
        Io = new VerifyingIo(Simulation, VerifierScope.Transport);
        Completions = Io.CreateCompletionQueue(1000);
        Peer = Simulation.CreateConnected(out var accepted);
        Assert.Equal(SocketError.Success, Completions.CreateRequestQueue(accepted, Context, 2, 4, out var requests));
        Requests = requests!;
        Memory = Allocate(4096);
    }

    private protected SimulatedIo Simulation { get; }

    private protected VerifyingIo Io { get; }

    private protected CompletionQueue Completions { get; }

    private protected SimulatedPeer Peer { get; }

    private protected RequestQueue Requests { get; }

    private protected RegisteredMemory Memory { get; }

    public void Dispose()
    {
        // Past the verifier, which has reported its breaches, the simulated kernel lets go of the memory.
        _memory.ForEach(memory => memory.Dispose());
        GC.SuppressFinalize(this);
    }

    private protected RegisteredMemory Allocate(int length)
    {
        var memory = new RegisteredMemory(Io, length) { DeregistersThrough = Simulation };
        _memory.Add(memory);
        return memory;
    }

    /// <summary>The breach is thrown where it happens, and is on record for whoever caught the exception.</summary>
    private protected void AssertBreach(LifecycleRule rule, Action breach)
    {
        var thrown = Assert.Throws<LifecycleBreachException>(breach);
        Assert.Equal(rule, thrown.Rule);
        Assert.Equal(rule, Assert.Throws<LifecycleBreachException>(Io.AssertNothingLeft).Rule);
    }

    private protected void AssertLeft(params LifecycleRule[] rules)
    {
        var thrown = Assert.Throws<LifecycleBreachException>(Io.AssertNothingLeft);
        Assert.All(rules, rule => Assert.Contains($"{rule}", thrown.Message, StringComparison.Ordinal));
    }

    private protected RioResult[] Take()
    {
        var results = new RioResult[16];
        Completions.Submit();
        return results[..Completions.Dequeue(results)];
    }
}
