using LoadDriver.Measuring;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver.Goals;

/// <summary>The numbers that the transport is to reach.</summary>
internal static class GoalTable
{
    private const string Depth1 = "plaintext, depth 1, 64 connections";

    public static IReadOnlyList<Goal> All { get; } =
    [
        new RatioGoal(Depth1, WorkloadCatalogue.PlaintextDepth1, Figure.Cpu, Row.Sockets, 0.57, 0.50),
        new RatioGoal(Depth1, WorkloadCatalogue.PlaintextDepth1, Figure.Cpu, Row.Nginx, 1.10, 1.00),
        new RatioGoal(Depth1, WorkloadCatalogue.PlaintextDepth1, Figure.SystemCpu, Row.Floor, 1.10, 1.00),
        new RatioGoal("plaintext, depth 16, 64 connections", WorkloadCatalogue.PlaintextDepth16, Figure.Cpu, Row.Sockets, 0.65, 0.50),
        new RatioGoal("plaintext, depth 16, 256 connections", WorkloadCatalogue.PlaintextDepth16Wide, Figure.Cpu, Row.Sockets, 0.65, 0.50),
        new RatioGoal("json, depth 1, 64 connections", WorkloadCatalogue.Json64, Figure.Cpu, Row.Sockets, 0.60, 0.50),
        new RatioGoal("json, depth 1, 256 connections", WorkloadCatalogue.Json256, Figure.Cpu, Row.Sockets, 0.60, 0.50),
        new RatioGoal("json, depth 1, 512 connections", WorkloadCatalogue.Json512, Figure.Cpu, Row.Sockets, 0.60, 0.50),
        new RatioGoal("async, depth 1, 64 connections", WorkloadCatalogue.Async, Figure.Cpu, Row.Sockets, 0.85, 0.70),
        new RatioGoal("plaintext, application on the thread pool", WorkloadCatalogue.PlaintextDepth1, Figure.Cpu, Row.Sockets, 0.80, 0.70)
        {
            Modes = static row => row == Row.RioThreadPool,
        },
        new RatioGoal(
            "plaintext, both cores shared by load and server, 256 connections",
            WorkloadCatalogue.SharedCores,
            Figure.RequestsPerSecond,
            Row.Sockets,
            1.35,
            1.60),
        new RatioGoal("one connection, depth 1", WorkloadCatalogue.Lone, Figure.P50, Row.Sockets, 0.80, 0.65),
        new RatioGoal(
            "fixed rate, 50 % of Sockets' maximum, 256 connections", WorkloadCatalogue.FixedRate, Figure.P99, Row.Sockets, 0.80, 0.50),
        new RatioGoal("HTTP/2, 64 connections × 16 streams", WorkloadCatalogue.Http2, Figure.Cpu, Row.Sockets, 0.85, 0.75),
        new RatioGoal("HTTPS plaintext, 64 connections", WorkloadCatalogue.Https, Figure.Cpu, Row.Sockets, 0.90, 0.80),
        new RatioGoal("connect, one request, close", WorkloadCatalogue.Close, Figure.Cpu, Row.Sockets, 0.75, 0.60),
        new RatioGoal(
            "10,000 idle connections after one request each",
            WorkloadCatalogue.Idle,
            Figure.BytesPerConnection,
            Row.Sockets,
            0.75,
            0.50),
        new RatioGoal("download of 1 MiB bodies", WorkloadCatalogue.Download, Figure.Cpu, Row.Sockets, 0.95, 0.80),
        new RatioGoal("upload of 1 MiB bodies", WorkloadCatalogue.Upload, Figure.Cpu, Row.Sockets, 0.95, 0.80),
        new AllocationGoal("raw TCP echo, where all is the transport's", WorkloadCatalogue.Echo, 0, 0),
        new ScaleGoal(
            "throughput from 64 to 10,000 connections, all active",
            [.. WorkloadCatalogue.Scale.Select(static step => step.Workload)],
            0.80,
            0.90),
        .. Safety("16 handlers that block", WorkloadCatalogue.BesideBlocking),
        .. Safety("16 handlers that compute", WorkloadCatalogue.BesideSpinning),
        .. Safety("32 handlers that sleep", WorkloadCatalogue.BesideSleeping),
    ];

    // As safe as a thread pool is Adaptive where it costs the others no more than the thread pool does.
    private static IEnumerable<Goal> Safety(string beside, string workload)
    {
        foreach (var against in new[] { Row.RioThreadPool, Row.Sockets })
        {
            yield return new RatioGoal($"plaintext beside {beside}", workload, Figure.P99, against, 1.20, 1.00) { Modes = IsAdaptive };
            yield return new RatioGoal($"plaintext beside {beside}", workload, Figure.RequestsPerSecond, against, 1.00, 1.10) { Modes = IsAdaptive };
        }

        static bool IsAdaptive(Row row) => row == Row.RioAdaptive;
    }
}
