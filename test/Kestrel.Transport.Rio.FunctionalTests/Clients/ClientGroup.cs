namespace Kestrel.Transport.Rio.FunctionalTests.Clients;

/// <summary>Bystanders: connections that are kept alive and must be served whatever happens beside them.</summary>
public sealed class ClientGroup : IDisposable
{
    // As many as there are pollers and more, so that each has one.
    private const int Count = 8;

    private readonly List<RawClient> _clients = [];

    public static async Task<ClientGroup> ConnectAsync(TestHost host, CancellationToken deadline)
    {
        ArgumentNullException.ThrowIfNull(host);
        var group = new ClientGroup();
        for (var i = 0; i < Count; i++)
        {
            group._clients.Add(await host.ConnectAsync(deadline));
        }

        await group.AssertServedAsync();
        return group;
    }

    public async Task AssertServedAsync()
    {
        foreach (var client in _clients)
        {
            await client.GetAsync("/text/bystander");
            Assert.Equal("bystander", (await client.ReadReplyAsync()).Text);
        }
    }

    public void Dispose() => _clients.ForEach(static client => client.Dispose());
}
