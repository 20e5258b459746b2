using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>A part of the contract, as tests that every provider passes. Derived once for each provider.</summary>
public abstract class Scenario : IDisposable
{
    private protected Scenario(ProviderFixture fixture)
    {
        Assert.SkipWhen(fixture.WhyUnavailable is not null, fixture.WhyUnavailable ?? "");
        Bench = new Bench(fixture);
    }

    private protected Bench Bench { get; }

    private protected QueueDriver Main => Bench.Main;

    public void Dispose()
    {
        Bench.Dispose();
        GC.SuppressFinalize(this);
    }
}
