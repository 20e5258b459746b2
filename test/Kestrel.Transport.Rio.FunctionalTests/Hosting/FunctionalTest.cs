namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>
/// A scenario. Its tests start hosts on the engine; afterwards all hosts must stop in time, and must have logged nothing
/// above what <see cref="LogSink.AssertQuiet"/> allows.
/// </summary>
public abstract class FunctionalTest(Engine engine) : IAsyncLifetime
{
    private readonly List<TestHost> _hosts = [];
    private readonly List<IAsyncDisposable> _surroundings = [];
    private readonly CancellationTokenSource _deadline =
        CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);

    protected Engine Engine => engine;

    /// <summary>The end of every wait of a test: no test hangs, whatever the transport does.</summary>
    protected CancellationToken Deadline => _deadline.Token;

    /// <summary>How long a test may take, which is until <see cref="Deadline"/>.</summary>
    protected virtual TimeSpan TimeLimit => 2 * Wait.Patience;

    public ValueTask InitializeAsync()
    {
        _deadline.CancelAfter(TimeLimit);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            if (host.IsRunning)
            {
                // In peace, or what is still going on would be aborted, and log that it was.
                await host.StopAsync(CancellationToken.None).InTimeAsync();
            }

            await host.DisposeAsync();
        }

        foreach (var surrounding in _surroundings)
        {
            await surrounding.DisposeAsync();
        }

        _deadline.Dispose();
        _hosts.ForEach(host => host.Logs.AssertQuiet());
        GC.SuppressFinalize(this);
    }

    protected Task<TestHost> StartAsync() => StartAsync(new HostSetup());

    protected async Task<TestHost> StartAsync(HostSetup setup)
    {
        var host = Build(setup);
        await host.StartAsync(Deadline);
        return host;
    }

    protected Task<TestHost> StartRawAsync(Func<ConnectionContext, Task> handler) => StartAsync(new HostSetup().Raw(handler));

    protected TestHost Build(HostSetup setup) => Keep(TestHost.Build(engine, setup));

    /// <summary>What the hosts need until they have stopped, and is disposed after them.</summary>
    protected T KeepAfterHosts<T>(T surrounding)
        where T : IAsyncDisposable
    {
        _surroundings.Add(surrounding);
        return surrounding;
    }

    /// <summary>Takes charge of a host that was built without <see cref="Build"/>.</summary>
    protected TestHost Keep(TestHost host)
    {
        _hosts.Add(host);
        return host;
    }
}
