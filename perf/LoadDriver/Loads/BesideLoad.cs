using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Loads;

/// <summary>A load that is measured, beside another that is there the whole time. That one is not counted, but it has to work.</summary>
internal sealed record BesideLoad(Load Measured, Load Beside) : Load
{
    // Before the measured one begins, the other has its connections, and what adapts to it (the thread pool, above all) has had its
    // time; and it ends after it.
    private static readonly TimeSpan s_lead = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan s_margin = TimeSpan.FromSeconds(1);

    public override IReadOnlyList<RequiredTool> Tools => [.. Measured.Tools.Union(Beside.Tools)];

    public override TimeSpan Around => s_lead + s_margin;

    public override Task PrepareAsync(IReadOnlyList<Server> servers, CancellationToken ended) => Measured.PrepareAsync(servers, ended);

    public override async Task<LoadResult> RunAsync(Server server, TimeSpan duration, CancellationToken ended)
    {
        var beside = Beside.RunAsync(server, duration + Around, ended);
        LoadResult result;
        try
        {
            await Task.WhenAny(beside, Task.Delay(s_lead, ended));
            result = await Measured.RunAsync(server, duration, ended);
        }
        finally
        {
            // Whatever becomes of the measurement: the next one is to have the server to itself.
            await beside;
        }

        return (await beside).Errors == 0 ? result : throw new LoadFailedException("the load beside it had errors.");
    }
}
