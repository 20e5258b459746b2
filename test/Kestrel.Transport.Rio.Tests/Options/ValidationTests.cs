using Xunit;

namespace Kestrel.Transport.Rio.Tests.Options;

public sealed class ValidationTests
{
    public static TheoryData<string, Action<RioTransportOptions>> OutOfRange => new()
    {
        { "PollerCount is 0", options => options.PollerCount = 0 },
        { "PollerCount is 1025", options => options.PollerCount = 1025 },
        { "ApplicationScheduling is 99", options => options.ApplicationScheduling = (ApplicationScheduling)99 },
        { "HandOverThreshold is 00:00:00.0009000", options => options.HandOverThreshold = TimeSpan.FromMicroseconds(900) },
        { "HandOverThreshold is 00:00:01.0010000", options => options.HandOverThreshold = TimeSpan.FromMilliseconds(1001) },
        { "MaxPollerThreads is 1", options => options.MaxPollerThreads = 1 },
        { "MaxPollerThreads is 257", options => options.MaxPollerThreads = 257 },
        { "Fallback is 99", options => options.Fallback = (UnavailableBehavior)99 },
        { "Backlog is 0", options => options.Backlog = 0 },
        { "MaxReadBufferSize is -1", options => options.MaxReadBufferSize = -1 },
        { "MaxWriteBufferSize is -1", options => options.MaxWriteBufferSize = -1 },
        { "SlabSize is 61440", options => options.SlabSize = 60 * 1024 },
        { "SlabSize is 65537", options => options.SlabSize = (64 * 1024) + 1 },
        { "SlabSize is 1073745920", options => options.SlabSize = (1024 * 1024 * 1024) + 4096 },
        { "MaxRegisteredMemory is 1048575", options => options.MaxRegisteredMemory = (1024 * 1024) - 1 },
        { "CreateBoundListenSocket is null", options => options.CreateBoundListenSocket = null! },
    };

    public static TheoryData<Action<RioTransportOptions>> InRange => new()
    {
        options => options.Backlog = 512,
        options => options.PollerCount = 1,
        options => options.PollerCount = 1024,
        options => options.HandOverThreshold = TimeSpan.FromMilliseconds(1),
        options => options.HandOverThreshold = TimeSpan.FromSeconds(1),
        options => options.MaxPollerThreads = 2,
        options => options.MaxPollerThreads = 256,
        options => options.Backlog = 1,
        options => options.MaxReadBufferSize = null,
        options => options.MaxReadBufferSize = 0,
        options => options.MaxWriteBufferSize = null,
        options => options.MaxWriteBufferSize = 0,
        options => options.SlabSize = 64 * 1024,
        options => options.SlabSize = 1024 * 1024 * 1024,
        options => options.MaxRegisteredMemory = 1024 * 1024,
    };

    [Theory]
    [MemberData(nameof(OutOfRange), DisableDiscoveryEnumeration = true)]
    public void What_is_out_of_range_is_named_with_its_value_and_alone(string complaint, Action<RioTransportOptions> change)
    {
        var result = Validate(change);

        Assert.True(result.Failed);
        Assert.StartsWith($"{nameof(RioTransportOptions)}.{complaint}; valid is ", Assert.Single(result.Failures!), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(InRange), DisableDiscoveryEnumeration = true)]
    public void The_edges_of_the_ranges_are_valid(Action<RioTransportOptions> change) => Assert.True(Validate(change).Succeeded);

    [Fact]
    public void All_mistakes_are_named_together()
        => Assert.Equal(2, Validate(options => (options.PollerCount, options.Backlog) = (0, 0)).Failures!.Count());

    private static Microsoft.Extensions.Options.ValidateOptionsResult Validate(Action<RioTransportOptions> change)
    {
        var options = new RioTransportOptions();
        change(options);
        return new ValidateRioTransportOptions().Validate(name: null, options);
    }
}
