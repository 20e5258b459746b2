using Kestrel.Transport.Rio.Tests.Polling;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: an exception of ours on the thread of one poller of two is the end of what is on that poller, and of nothing else.</summary>
public sealed class PollerDeaths() : FunctionalTest(Engine.RioAdaptive)
{
    private const string Cause = "a fault of ours";
    private const int Pollers = 2;
    private const int Clients = 6;

    private readonly Signal _goOn = new();
    private int _begun;
    private int _aborted;

    /// <summary>The endpoint accepts on the first poller.</summary>
    [Theory]
    [InlineData(ApplicationScheduling.Inline, 0)]
    [InlineData(ApplicationScheduling.Inline, 1)]
    [InlineData(ApplicationScheduling.ThreadPool, 0)]
    [InlineData(ApplicationScheduling.ThreadPool, 1)]
    [InlineData(ApplicationScheduling.Adaptive, 0)]
    [InlineData(ApplicationScheduling.Adaptive, 1)]
    public async Task Its_requests_are_aborted_others_are_answered_and_new_connections_are_served(ApplicationScheduling scheduling, int doomed)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: a dead poller's connections are io_uring's here.");
        DelegatingIo? provider = null;
        var host = Keep(TestHost.Build(new HostSetup { App = AnswerAsync }, builder => Use(builder, scheduling, io => provider = io)));
        host.Logs.Expect(static entry => entry.Event.Name is "PollerDied");
        await host.StartAsync(Deadline);
        var clients = new List<RawClient>();
        for (var i = 0; i < Clients; i++)
        {
            clients.Add(await host.ConnectAsync(Deadline));
            await clients[i].GetAsync("/wait");
        }

        await Wait.UntilAsync(() => Volatile.Read(ref _begun) == Clients, Deadline);

        provider!.CompletionQueues[doomed].Throw(new InvalidOperationException(Cause));
        await Wait.UntilAsync(() => Volatile.Read(ref _aborted) == Clients / Pollers, Deadline);
        _goOn.Set();

        var answered = 0;
        foreach (var client in clients)
        {
            using (client)
            {
                answered += await IsAnsweredAsync(client) ? 1 : 0;
            }
        }

        Assert.Equal(Clients - (Clients / Pollers), answered);
        for (var i = 0; i < Clients; i++)
        {
            await host.AssertServesAsync(Deadline);
        }

        await host.StopAsync(Deadline).InTimeAsync();
        var death = Assert.Single(host.Logs.Entries, static entry => entry.Level == LogLevel.Critical);
        Assert.Equal((Cause, "PollerDied"), (death.Exception!.Message, death.Event.Name));
    }

    private static void Use(WebApplicationBuilder builder, ApplicationScheduling scheduling, Action<DelegatingIo> onProvider)
    {
        builder.WebHost.UseRio(options =>
        {
            options.Fallback = UnavailableBehavior.Throw;
            options.ApplicationScheduling = scheduling;
            options.PollerCount = Pollers;
        });
        builder.Services.AddSingleton<IConnectionListenerFactory>(services => new RioTransportFactory(
            services.GetRequiredService<IOptions<RioTransportOptions>>(),
            services.GetRequiredService<ILoggerFactory>(),
            meterFactory: null,
            io =>
            {
                var provider = new DelegatingIo(io);
                onProvider(provider);
                return provider;
            }));
    }

    /// <summary>The answer, and that of the connection's next request; or a reset.</summary>
    private static async Task<bool> IsAnsweredAsync(RawClient client)
    {
        try
        {
            Assert.Equal("waited", (await client.ReadReplyAsync()).Text);
        }
        catch (SocketException e)
        {
            Assert.Equal(SocketError.ConnectionReset, e.SocketErrorCode);
            return false;
        }

        await client.GetAsync("/text/again");
        Assert.Equal("again", (await client.ReadReplyAsync()).Text);
        return true;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path != "/wait")
        {
            await TestApp.HandleAsync(context);
            return;
        }

        var aborted = new Signal();
        using var registration = context.RequestAborted.Register(aborted.Set);
        Interlocked.Increment(ref _begun);
        if (await Task.WhenAny(_goOn.Task, aborted.Task) == aborted.Task)
        {
            Interlocked.Increment(ref _aborted);
            return;
        }

        await context.Response.WriteAsync("waited", Deadline);
    }
}
