namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: on Sockets such a client ends the process, since .NET throws where nobody catches it.</summary>
public abstract class BoundUnixClients(Engine engine) : FunctionalTest(engine)
{
    // With the zero at its end it fills sun_path, which has 108 bytes.
    private const int LongestPath = 107;

    [Fact]
    public async Task Client_bound_to_the_longest_path_is_served()
    {
        Assert.SkipUnless(Engine.ServesUnixSockets, "not on this machine: Rio leaves Unix domain sockets to Sockets.");
        using var path = new SocketPath();
        var clientPath = (Path.Combine(Path.GetTempPath(), $"rio-{Guid.NewGuid():N}-") + new string('x', LongestPath))[..LongestPath];
        var host = await StartAsync(new HostSetup().ListenUnix(path.Value));
        try
        {
            using var client = await RawClient.ConnectAsync(
                new UnixDomainSocketEndPoint(path.Value), Deadline, socket => socket.Bind(new UnixDomainSocketEndPoint(clientPath)));
            await client.GetAsync("/text/bound");
            Assert.Equal("bound", (await client.ReadReplyAsync()).Text);
        }
        finally
        {
            File.Delete(clientPath);
        }

        using var other = await RawClient.ConnectAsync(new UnixDomainSocketEndPoint(path.Value), Deadline);
        await other.GetAsync("/text/other");
        Assert.Equal("other", (await other.ReadReplyAsync()).Text);
    }

    public sealed class OnRio() : BoundUnixClients(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : BoundUnixClients(Engine.RioInline);

    public sealed class OnRioAdaptive() : BoundUnixClients(Engine.RioAdaptive);
}
