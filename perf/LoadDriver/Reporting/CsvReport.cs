using System.Globalization;
using System.Text;
using LoadDriver.Measuring;

namespace LoadDriver.Reporting;

/// <summary>Every single run, a line each. Times in microseconds, memory in bytes, noise in processors.</summary>
internal static class CsvReport
{
    private const string Header = "workload,row,alternation,process,requests_per_second,cpu_user,cpu_system,cpu,p50,p90,p99,p99.9,"
        + "allocated_per_request,bytes_per_connection,system_calls_per_request,errors,"
        + "noise_before,noise_during,noise_stolen,disturbed";

    public static string Write(Results results)
    {
        var text = new StringBuilder(Header).Append('\n');
        foreach (var run in results.Measurements)
        {
            object?[] cells =
            [
                run.Workload.Name,
                run.Row.Name,
                run.Alternation,
                run.Process,
                run.RequestsPerSecond,
                run.UserCpu,
                run.SystemCpu,
                run.Cpu,
                run.Latency?.P50,
                run.Latency?.P90,
                run.Latency?.P99,
                run.Latency?.P999,
                run.Allocated,
                run.BytesPerConnection,
                results.SystemCalls(run.Workload.Name, run.Row),
                run.Errors,
                run.Noise.Before,
                run.Noise.During,
                run.Noise.Stolen,
                run.Noise.IsDisturbing ? 1 : 0,
            ];
            text.AppendJoin(',', cells.Select(Cell)).Append('\n');
        }

        return text.ToString();
    }

    // No name of ours has a comma or a quotation mark.
    private static string Cell(object? value) => value switch
    {
        double number => number.ToString("0.####", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture) ?? string.Empty,
    };
}
