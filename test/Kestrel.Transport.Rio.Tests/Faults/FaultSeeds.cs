using System.Globalization;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>
/// Whatever a kernel may do to it, in whatever order: the transport does not hang, delivers no wrong byte, loses none without an
/// error that names its cause, and leaves nothing behind.
/// </summary>
public sealed class FaultSeeds
{
    private const int SeedsThatAlwaysRun = 50;

    // For a longer hunt: build/soak.sh faults.
    public static TheoryData<int> Seeds { get; } =
        [.. Enumerable.Range(Number("RIO_FAULT_SEED") ?? 1, Number("RIO_FAULT_SEEDS") ?? SeedsThatAlwaysRun)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task No_byte_is_lost_in_silence_and_nothing_is_left(int seed)
    {
        using var run = new FaultRun(new FaultPlan(seed), new FaultTally());
        await run.RunAsync();
    }

    /// <summary>One of them at least holds completions back for longer than anything but a stop may take; that it does, its run checks.</summary>
    [Fact]
    public void Default_seeds_include_completions_held_for_seconds()
        => Assert.Contains(
            Enumerable.Range(1, SeedsThatAlwaysRun), static seed => new FaultPlan(seed).Rates.LongHold >= TimeSpan.FromSeconds(3));

    /// <summary>That nothing is found says little where nothing has happened.</summary>
    [Fact]
    public async Task Before_long_everything_has_gone_wrong_that_can()
    {
        const int First = 100_000;
        const int Enough = 500;
        var total = new FaultTally();
        var points = Enum.GetValues<FaultPoint>();
        for (var seed = First; seed < First + Enough && Array.Exists(points, point => total[point] == 0); seed++)
        {
            using var run = new FaultRun(new FaultPlan(seed), total);
            await run.RunAsync();
        }

        Assert.All(points, point => Assert.True(total[point] > 0, $"{point} never went wrong in {Enough} runs."));
    }

    private static int? Number(string variable)
        => int.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var value) ? value : null;
}
