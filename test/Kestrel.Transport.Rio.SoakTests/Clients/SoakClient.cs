using ConnectionLoad;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Opens one connection after the other, and does some things on each, as its random numbers say.</summary>
/// <param name="server">Where to.</param>
/// <param name="seed">What is done, and when.</param>
/// <param name="tally">What was done.</param>
/// <param name="pace">Who may do the next thing, and when; null when nobody waits.</param>
/// <param name="stopping">From when on the server may end connections, and refuse them.</param>
internal sealed class SoakClient(SoakEndPoints server, int seed, Tally tally, Pace? pace = null, CancellationToken stopping = default)
{
    private const int MaxRequests = 30;

    // So many connections of every hundred are of HTTP/1.1: it has most of what can go wrong at the transport, and costs least.
    private const int PlainConnections = 70;

    // Nothing that a client does takes more than seconds, ten of them on two processors with the verifier; who waits for so long waits for ever.
    // Not one minute: downloads have taken that where four other soaks went on beside.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(3);

    private readonly Random _random = new(seed);
    private string _action = "connect";
    private volatile string? _underWay;

    /// <summary>What it does at the moment, if it does anything.</summary>
    public string? UnderWay => _underWay;

    public async Task RunAsync(CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            using var deadline = new CancellationTokenSource(s_patience * MaxRequests);
            try
            {
                if (_random.Next(100) < PlainConnections)
                {
                    await RequestAsync(ended, deadline.Token);
                }
                else if (await HasTurnAsync(ended))
                {
                    var next = SoakAction.Choose(ConnectionActions.All, _random);
                    await DoAsync(next, () => next.Act(server, _random, deadline.Token));
                }
            }
            catch (Exception e) when (stopping.IsCancellationRequested && EndedConnection.Is(e))
            {
                return;
            }
            catch (Exception e)
            {
                tally.Fail($"client with seed {seed}, {_action}: {e}");
            }
        }
    }

    private async Task RequestAsync(CancellationToken ended, CancellationToken deadline)
    {
        _action = "connect";
        using var client = await RawClient.ConnectAsync(server.Http1, deadline).WaitAsync(s_patience, CancellationToken.None);
        var isOfUse = true;
        for (var left = _random.Next(1, MaxRequests); left > 0 && isOfUse && await HasTurnAsync(ended); left--)
        {
            var next = SoakAction.Choose(RequestActions.All, _random);
            await DoAsync(next, async () => isOfUse = await next.Act(client, _random));
        }

        if (isOfUse && _random.Next(4) == 0)
        {
            client.Reset();
        }
    }

    // Not when the run ends before.
    private async ValueTask<bool> HasTurnAsync(CancellationToken ended)
    {
        if (pace is null || ended.IsCancellationRequested)
        {
            return !ended.IsCancellationRequested;
        }

        try
        {
            await pace.AwaitTurnAsync(1, ended);
            return true;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private async Task DoAsync(SoakAction action, Func<Task> act)
    {
        _action = action.Name;
        _underWay = action.Name;
        try
        {
            await act().WaitAsync(s_patience, CancellationToken.None);
        }
        finally
        {
            _underWay = null;
        }

        tally.Count(action.Name);
    }
}
