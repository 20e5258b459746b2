namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>
/// The child process of <see cref="DescriptorFloods"/>: serves with as few descriptors as its parent has left it, until its
/// standard input ends. A line says the port, and at the end one each what the transport has logged above Debug.
/// </summary>
public static class FloodedServer
{
    public const string Command = "--serve-until-input-ends";

    public static async Task RunAsync(Engine engine)
    {
        using var deadline = new CancellationTokenSource(2 * Wait.Patience);
        await using var host = TestHost.Build(engine, new HostSetup());
        await host.StartAsync(deadline.Token);
        await DescriptorShortage.StartAllThreadsAsync(deadline.Token);

        // Loads everything that a request, and an error, needs, for that takes descriptors too.
        await host.AssertServesAsync(deadline.Token);
        Assert.NotEmpty((await Assert.ThrowsAsync<SocketException>(
            () => Task.FromException(new SocketException((int)SocketError.TooManyOpenSockets)))).ToString());

        await Console.Out.WriteLineAsync(FormattableString.Invariant($"{host.Port}"));
        await Console.In.ReadToEndAsync(deadline.Token);
        await host.StopAsync(deadline.Token);
        foreach (var entry in host.Logs.OfTransport.Where(static entry => entry.Level > LogLevel.Information))
        {
            await Console.Out.WriteLineAsync($"{entry.Level}: {entry.Message}");
        }
    }
}
