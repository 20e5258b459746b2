using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Conformance.Scenarios;
using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>That no provider misses a scenario it has the abilities for, now that each names its scenarios itself.</summary>
public sealed class CompletenessTests
{
    [Theory]
    [InlineData(typeof(IoUringConformance), false)]
    [InlineData(typeof(SimulatedConformance), false)]
    [InlineData(typeof(UnsteadySimulatedConformance), false)]
    [InlineData(typeof(WinsockSimulatedConformance), true)]
    public void Every_provider_runs_every_scenario_of_its_capabilities(Type suite, bool isWinsock)
    {
        var options = new SimulationOptions();
        var capabilities = (isWinsock ? options.AsWinsock() : options).Capabilities;

        var derived = suite.GetNestedTypes().Select(test => test.BaseType!.Name).Distinct(StringComparer.Ordinal);

        var all = typeof(Scenario).Assembly.GetTypes().Where(type => type.BaseType == typeof(Scenario));
        Assert.Equal(
            all.Where(scenario => Applies(scenario, capabilities)).Select(scenario => scenario.Name).Order(StringComparer.Ordinal),
            derived.Order(StringComparer.Ordinal));
    }

    private static bool Applies(Type scenario, RioCapabilities capabilities) => scenario.Name switch
    {
        nameof(WaitForDataScenario) => capabilities.CanWaitForData,
        nameof(NoWaitForDataScenario) => !capabilities.CanWaitForData,
        nameof(SendAtOnceScenario) => capabilities.CanSendAtOnce,
        nameof(NoSendAtOnceScenario) => !capabilities.CanSendAtOnce,
        nameof(UnregisteredMemoryScenario) => capabilities.AcceptsUnregisteredBuffers,
        nameof(EndedThreadScenario) => capabilities.KeepsRequestsOfEndedThreads,
        _ => true,
    };
}
