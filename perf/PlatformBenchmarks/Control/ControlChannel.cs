using System.Text.Json;
using PlatformBenchmarks.Routes;

namespace PlatformBenchmarks.Control;

/// <summary>
/// One command a line on standard input, one line of JSON as the answer: so that asking for figures takes no connection.
/// </summary>
internal sealed class ControlChannel(TextReader commands, TextWriter answers, TransportFigures figures)
{
    /// <summary>The line that says that every address is bound.</summary>
    public const string Ready = "ready";

    /// <summary>Answers until the commands end or the host stops.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        try
        {
            while (await commands.ReadLineAsync(stopping) is { } command)
            {
                await answers.WriteLineAsync(Answer(command));
                await answers.FlushAsync(stopping);
            }
        }
        catch (OperationCanceledException)
        {
            // The host stops.
        }
    }

    private string Answer(string command)
    {
        if (command is "collect")
        {
            // What is left after it is in use. Twice, for what only a finalizer lets go.
            Collect();
            GC.WaitForPendingFinalizers();
            Collect();
        }
        else if (command is not "figures")
        {
            return "unknown";
        }

        return JsonSerializer.Serialize(ProcessReport.Read(figures), BenchmarkJson.Default.ProcessReport);
    }

    private static void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
}
