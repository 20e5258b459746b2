using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Simulation;

namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>A poller whose passes the test runs, or a thread, on a provider of the test's choice.</summary>
internal sealed class PollerFixture : IDisposable
{
    public PollerFixture(RegisteredIo? io = null, long? maxRegisteredMemory = null, Func<CompletionPoller, IWorkRunner>? createRunner = null)
    {
        Io = io ?? new SimulatedIo();
        Pool = new RegisteredMemoryPool(Io, 64 * 1024, maxRegisteredMemory, meterFactory: null, Logger);
        Completions = Io.CreateCompletionQueue(100);
        Poller = new CompletionPoller(0, Completions, Pool, Io.Capabilities, parking: null, Logger, createRunner ?? (static poller => new InlineRunner(poller)));
    }

    public RegisteredIo Io { get; }

    public ListLogger Logger { get; } = new();

    public RegisteredMemoryPool Pool { get; }

    public CompletionQueue Completions { get; }

    public CompletionPoller Poller { get; }

    public void Pass() => Pass(TimeSpan.Zero);

    public void Pass(TimeSpan maxWait)
    {
        Poller.Bind();
        Poller.RunPass(maxWait);
        CompletionPoller.Unbind();
    }

    /// <summary>Runs on the poller, as application work does, in the next pass.</summary>
    public void OnPoller(Action action) => Poller.Schedule(new ReadyWork(_ => action(), State: null));

    public void Dispose()
    {
        CompletionPoller.Unbind();
        Pool.Dispose();
        Io.Dispose();
    }
}
