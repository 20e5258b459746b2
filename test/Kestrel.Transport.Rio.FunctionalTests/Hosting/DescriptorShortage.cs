using Microsoft.Extensions.DependencyInjection;
using Microsoft.Win32.SafeHandles;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>
/// The child process of <see cref="DescriptorShortages"/>: takes every descriptor it may have, lets clients connect, gives
/// the descriptors back, and expects each client to be served.
/// </summary>
public static class DescriptorShortage
{
    public const string Command = "--descriptor-shortage";
    public const string StartCommand = "--start-without-descriptors";
    public const string Bound = "the endpoint is bound";
    public const string Served = "all clients were served";

    private const int Clients = 20;

    public static async Task RunAsync(Engine engine)
    {
        using var deadline = new CancellationTokenSource(Wait.Patience);
        await using var host = TestHost.Build(engine, new HostSetup());
        await host.StartAsync(deadline.Token);
        await Console.Out.WriteLineAsync(Bound);

        await StartAllThreadsAsync(deadline.Token);

        // Loads everything that a request, and an error, needs, for that takes descriptors too.
        await host.AssertServesAsync(deadline.Token);
        Assert.NotEmpty(await host.Http.GetStringAsync(host.Uri, deadline.Token));
        Assert.NotEmpty((await Assert.ThrowsAsync<SocketException>(
            () => Task.FromException(new SocketException((int)SocketError.TooManyOpenSockets)))).ToString());

        // The clients have their descriptors before there are none; their connect needs no more.
        var shortage = new List<SafeFileHandle>();
        var clients = new List<Socket>();
        for (var i = 0; i < Clients; i++)
        {
            clients.Add(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp));
        }

        var eventsBefore = host.Logs.OfTransport.Count();
        TakeAll(shortage);
        foreach (var client in clients)
        {
            await client.ConnectAsync(new IPEndPoint(IPAddress.Loopback, host.Port), deadline.Token);
            await client.SendAsync("GET /text/at-last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"u8.ToArray(), deadline.Token);
        }

        // The transport has met the shortage, and says so.
        await Wait.UntilAsync(() => host.Logs.OfTransport.Count() > eventsBefore, deadline.Token);
        Assert.All(clients, client => Assert.Equal(0, client.Available));
        shortage.ForEach(handle => handle.Dispose());

        foreach (var client in clients)
        {
            using var reader = new StreamReader(new NetworkStream(client, ownsSocket: true));
            Assert.EndsWith("\r\n\r\nat-last", await reader.ReadToEndAsync(deadline.Token), StringComparison.Ordinal);
        }

        await host.StopAsync(deadline.Token);
        await Console.Out.WriteLineAsync(Served);
        foreach (var entry in host.Logs.OfTransport.Where(entry => entry.Level > LogLevel.Debug))
        {
            await Console.Out.WriteLineAsync($"{entry.Level}: {entry.Message}");
        }
    }

    /// <summary>The child process of <see cref="RioOnly.MachinesThatSayNo"/>: binds an endpoint when there is no descriptor left.</summary>
    public static async Task StartWithoutAnyAsync(UnavailableBehavior fallback)
    {
        using var deadline = new CancellationTokenSource(Wait.Patience);
        await StartAllThreadsAsync(deadline.Token);

        // Loads what a start, and an error, needs.
        await using (var first = Build(UnavailableBehavior.Throw))
        {
            await first.StartAsync(deadline.Token);
            await first.AssertServesAsync(deadline.Token);
            await first.StopAsync(deadline.Token);
        }

        await using (var second = TestHost.Build(Engine.Sockets, new HostSetup()))
        {
            await second.StartAsync(deadline.Token);
            await second.StopAsync(deadline.Token);
        }

        foreach (var error in (Exception[])[new SocketException((int)SocketError.TooManyOpenSockets), new PlatformNotSupportedException()])
        {
            Assert.NotEmpty((await Record.ExceptionAsync(() => Task.FromException(error)))!.ToString());
        }

        // Kestrel itself starts a thread, for which it takes descriptors, before it asks its transport.
        await using var host = Build(fallback);
        var transport = host.Services.GetServices<IConnectionListenerFactory>().OfType<RioTransportFactory>().Single();
        var shortage = new List<SafeFileHandle>();
        TakeAll(shortage);
        var failure = await Record.ExceptionAsync(
            async () => await transport.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), deadline.Token));
        shortage.ForEach(handle => handle.Dispose());

        await Console.Out.WriteLineAsync($"{failure?.GetType().Name}: {failure?.Message}");
        foreach (var entry in host.Logs.OfTransport.Where(entry => entry.Level == LogLevel.Warning))
        {
            await Console.Out.WriteLineAsync($"{entry.Level}: {entry.Message}");
        }
    }

    /// <summary>The runtime needs two descriptors to start a thread, and dies without, so all the threads come first.</summary>
    public static async Task StartAllThreadsAsync(CancellationToken deadline)
    {
        const int Threads = 8;
        ThreadPool.SetMinThreads(Threads, Threads);
        ThreadPool.SetMaxThreads(Threads, Threads);
        using var allThere = new Barrier(Threads);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() => allThere.SignalAndWait(deadline), deadline)));
    }

    private static TestHost Build(UnavailableBehavior fallback)
        => TestHost.Build(new HostSetup(), builder => builder.WebHost.UseRio(options => options.Fallback = fallback));

    private static void TakeAll(List<SafeFileHandle> taken)
    {
        try
        {
            while (true)
            {
                taken.Add(File.OpenHandle("/dev/null"));
            }
        }
        catch (IOException)
        {
            // Too many open files: as wanted.
        }
    }
}
