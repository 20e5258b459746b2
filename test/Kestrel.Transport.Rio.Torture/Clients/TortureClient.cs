namespace Kestrel.Transport.Rio.Torture.Clients;

/// <summary>Opens one connection after the other, and does some things on each, as its random numbers say.</summary>
internal sealed class TortureClient(EndPoint server, int seed, Tally tally)
{
    private const int MaxActions = 30;

    // Nothing that a client does takes more than seconds; who waits for longer waits for ever.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly int s_weights = ClientActions.All.Sum(static action => action.Weight);

    private readonly Random _random = new(seed);

    public async Task RunAsync(CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            await ConnectAndActAsync(ended);
        }
    }

    private async Task ConnectAndActAsync(CancellationToken ended)
    {
        var action = "connect";
        using var deadline = new CancellationTokenSource(s_patience * MaxActions);
        try
        {
            using var client = await RawClient.ConnectAsync(server, deadline.Token).WaitAsync(s_patience, CancellationToken.None);
            var isOfUse = true;
            for (var left = _random.Next(1, MaxActions); left > 0 && isOfUse && !ended.IsCancellationRequested; left--)
            {
                var next = Choose();
                action = next.Name;
                isOfUse = await next.Act(client, _random).WaitAsync(s_patience, CancellationToken.None);
                tally.Count(next.Name);
            }

            if (isOfUse && _random.Next(4) == 0)
            {
                client.Reset();
            }
        }
        catch (Exception e)
        {
            tally.Fail($"client with seed {seed}, {action}: {e}");
        }
    }

    private ClientAction Choose()
    {
        var at = _random.Next(s_weights);
        foreach (var action in ClientActions.All)
        {
            at -= action.Weight;
            if (at < 0)
            {
                return action;
            }
        }

        throw new InvalidOperationException("The weights have another sum.");
    }
}
