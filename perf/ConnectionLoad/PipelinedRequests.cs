using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ConnectionLoad;

/// <summary>Requests over connections that stay, in a closed loop. What it prints, one figure a line, is for programs too.</summary>
internal static class PipelinedRequests
{
    public static async Task<bool> RunAsync(IPEndPoint server, RequestLoad load, CancellationToken ended)
    {
        var connections = Enumerable.Range(0, load.Connections).Select(_ => new PipelinedConnection(load.Depth)).ToArray();
        try
        {
            await Parallel.ForEachAsync(connections, ended, (connection, token) => new ValueTask(connection.OpenAsync(server, token)));

            var start = Stopwatch.GetTimestamp();
            var measureFrom = start + Ticks(load.WarmUp);
            var until = measureFrom + Ticks(load.Measure);
            await Task.WhenAll(connections.Select(connection => connection.RunAsync(measureFrom, until, ended)));
            Print(connections, Stopwatch.GetElapsedTime(measureFrom));
            return true;
        }
        catch (Exception reason) when (reason is SocketException or IOException)
        {
            Console.WriteLine($"failed: {reason.Message}");
            return false;
        }
        finally
        {
            Array.ForEach(connections, connection => connection.Dispose());
        }
    }

    private static void Print(PipelinedConnection[] connections, TimeSpan measured)
    {
        var latencies = new LatencyHistogram();
        Array.ForEach(connections, connection => latencies.Add(connection.Latencies));
        Console.WriteLine(FormattableString.Invariant($"requests: {connections.Sum(connection => connection.Answered)}"));
        Console.WriteLine(FormattableString.Invariant(
            $"requests/s: {connections.Sum(connection => connection.Measured) / measured.TotalSeconds:F0}"));
        Console.WriteLine(FormattableString.Invariant($"p50 us: {latencies.Percentile(50).TotalMicroseconds:F0}"));
        Console.WriteLine(FormattableString.Invariant($"p99 us: {latencies.Percentile(99).TotalMicroseconds:F0}"));
    }

    private static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);
}
