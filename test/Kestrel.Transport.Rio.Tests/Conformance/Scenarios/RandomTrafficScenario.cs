using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance.Scenarios;

public abstract class RandomTrafficScenario : Scenario
{
    private protected RandomTrafficScenario(ProviderFixture fixture)
        : base(fixture)
    {
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_traffic_on_many_connections_arrives_byte_for_byte(ulong seed) => Run(Main, seed, connections: 40);

    [Fact]
    public async Task Two_queues_on_two_threads_do_not_disturb_each_other()
    {
        var first = Bench.NewDriver();
        var second = Bench.NewDriver();

        var other = Task.Run(() => Run(second, seed: 11, connections: 20), TestContext.Current.CancellationToken);
        Run(first, seed: 12, connections: 20);

        await other;
    }

    private void Run(QueueDriver driver, ulong seed, int connections)
    {
        var random = new DeterministicRandom(seed);
        var traffic = Enumerable.Range(0, connections)
            .Select(_ => new TrafficStream(Bench, driver, random.Next()))
            .ToList();
        driver.RunUntil(
            () =>
            {
                traffic.ForEach(stream => stream.Step(driver.Seen));
                driver.Seen.Clear();
                return traffic.TrueForAll(stream => stream.IsDone);
            },
            $"all bytes of seed {seed}");
        traffic.ForEach(stream => stream.AssertWhole());
    }
}
