using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Conformance;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>A simulated machine with one connection.</summary>
internal sealed class Machine : IDisposable
{
    public Machine(SimulationOptions options)
    {
        Io = new SimulatedIo(options);
        Completions = Io.CreateCompletionQueue(100);
        Peer = Io.CreateConnected(out var accepted);
        Completions.CreateRequestQueue(accepted, socketContext: 1, 4, 4, out var requests);
        Requests = requests!;
        Memory = new RegisteredMemory(Io, 4096);
    }

    public SimulatedIo Io { get; }

    public CompletionQueue Completions { get; }

    public RequestQueue Requests { get; }

    public SimulatedPeer Peer { get; }

    public RegisteredMemory Memory { get; }

    public List<RioResult> Run(int passes)
    {
        var seen = new List<RioResult>();
        var batch = new RioResult[16];
        for (; passes > 0; passes--)
        {
            Completions.Wait(TimeSpan.Zero);
            seen.AddRange(batch[..Completions.Dequeue(batch)]);
        }

        return seen;
    }

    public void Dispose()
    {
        Memory.Dispose();
        Io.Dispose();
    }
}
