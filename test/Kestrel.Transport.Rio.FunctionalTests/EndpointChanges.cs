namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Endpoints that are taken away and added while another one serves, as Kestrel does when its configuration changes.</summary>
public abstract class EndpointChanges(Engine engine) : FunctionalTest(engine)
{
    private const int Connections = 20;

    // They never pause, and the thread pool of .NET on Windows prefers their completions to what Kestrel accepts on it: of
    // many, under Wine, a connection was kept waiting for up to 14 s, after this transport had handed it over.
    private const int Others = 2;

    private readonly ChangingConfiguration _configuration = new();
    private readonly int _second = FreePort.Next();

    [Fact]
    public async Task Removed_endpoint_ends_its_connections_only()
    {
        var handling = new Signal();
        var release = new Signal();
        var host = await StartBothAsync(async context =>
        {
            if (context.Request.Path == "/wait")
            {
                handling.Set();
                await release.WaitAsync(Deadline);
            }

            await TestApp.HandleAsync(context);
        });
        using var over = new CancellationTokenSource();
        var served = 0;
        var others = Enumerable.Range(0, Others).Select(_ => KeepAskingAsync()).ToList();
        var idle = await ConnectAsync(Connections);
        using var busy = await RawClient.ConnectAsync(Second, Deadline);
        await busy.GetAsync("/wait");
        await handling.WaitAsync(Deadline);

        // Kestrel waits five seconds for the connections of an endpoint that goes. So the one with a request first.
        var servedByThen = Volatile.Read(ref served);
        _configuration.SetEndpoints();
        foreach (var client in idle)
        {
            Assert.False((await client.ReadToEndAsync()).WasReset);
            client.Dispose();
        }

        release.Set();
        Assert.Equal("hello", (await busy.ReadReplyAsync()).Text);
        Assert.False((await busy.ReadToEndAsync()).WasReset);
        await RawClient.UntilRefusedAsync(Second, Deadline);
        var goingOn = Wait.UntilAsync(() => Volatile.Read(ref served) > servedByThen + (2 * Others), Deadline);
        await await Task.WhenAny([goingOn, .. others]);
        await over.CancelAsync();
        await Task.WhenAll(others).InTimeAsync();

        async Task KeepAskingAsync()
        {
            using var client = await host.ConnectAsync(Deadline);
            while (!over.IsCancellationRequested)
            {
                await client.GetAsync("/bytes?n=10000");
                Assert.Equal(Pattern.Bytes(10_000), (await client.ReadReplyAsync()).Body);
                Interlocked.Increment(ref served);
            }
        }
    }

    [Fact]
    public async Task An_endpoint_that_comes_back_serves_again()
    {
        var host = await StartBothAsync(TestApp.HandleAsync);
        for (var change = 0; change < 5; change++)
        {
            var clients = await ConnectAsync(Connections);
            _configuration.SetEndpoints();
            await RawClient.UntilRefusedAsync(Second, Deadline);
            clients.ForEach(static client => client.Dispose());
            _configuration.SetEndpoints(_second);
            while (!await RawClient.IsAcceptedAsync(Second, Deadline))
            {
                // Kestrel says when it has taken note of a configuration, and not when it has bound what is new in it.
                await Task.Yield();
            }
        }

        (await ConnectAsync(1)).ForEach(static client => client.Dispose());
        await host.AssertServesAsync(Deadline);
    }

    // Where nobody else gives a port up and wants it back.
    private IPEndPoint Second => new(IPAddress.Parse(ChangingConfiguration.Address), _second);

    /// <summary>The first endpoint is in code, the second in the configuration.</summary>
    private Task<TestHost> StartBothAsync(RequestDelegate app)
    {
        _configuration.SetEndpoints(_second);
        return StartAsync(new HostSetup { App = app, Kestrel = options => options.Configure(_configuration.BuildSection(), reloadOnChange: true) });
    }

    private async Task<List<RawClient>> ConnectAsync(int count)
    {
        var clients = new List<RawClient>();
        for (var i = 0; i < count; i++)
        {
            var client = await RawClient.ConnectAsync(Second, Deadline);
            clients.Add(client);
            await client.GetAsync("/");
            Assert.Equal("hello", (await client.ReadReplyAsync()).Text);
        }

        return clients;
    }

    public sealed class OnSockets() : EndpointChanges(Engine.Sockets);

    public sealed class OnRio() : EndpointChanges(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : EndpointChanges(Engine.RioInline);

    public sealed class OnRioAdaptive() : EndpointChanges(Engine.RioAdaptive);
}
