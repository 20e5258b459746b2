using System.Text.Json;
using ConfirmOnWindows.Winsock;
using Kestrel.Transport.Rio.Winsock;

namespace ConfirmOnWindows.Probes;

/// <summary>Asks one question, in a process of its own: nobody knows what an undocumented call does to it.</summary>
internal static class ProbeRunner
{
    public const string Command = "probe";

    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(60);

    /// <summary>Asks here, and writes the answer for <see cref="AskAsync"/> as the last line.</summary>
    /// <returns>The exit code.</returns>
    public static int Ask(string name)
    {
        var probe = ProbeList.All.FirstOrDefault(each => string.Equals(each.Name, name, StringComparison.Ordinal));
        if (probe is null || !WinsockProbe.IsAvailable(out var functions, out var reason))
        {
            Console.Error.WriteLine(probe is null ? $"There is no question '{name}'." : "This machine has no registered I/O.");
            return 2;
        }

        var scene = new ProbeScene(functions);
        var answer = probe.Ask(scene);
        var left = scene.End();
        if (left > 0)
        {
            answer = new Answer($"{answer.Observed}; {left} requests never completed, although their socket is closed", IsAsExpected: false);
        }

        Console.WriteLine(JsonSerializer.Serialize(answer));
        return 0;
    }

    public static async Task<Answer> AskAsync(Probe probe, CancellationToken ended)
    {
        var result = await ChildProcess.RunAsync(Environment.ProcessPath!, [.. Self, Command, probe.Name], s_deadline, ended);
        if (result.ExitCode == 0)
        {
            var line = result.Output.TrimEnd().Split('\n')[^1];
            return JsonSerializer.Deserialize<Answer>(line)!;
        }

        return new Answer($"the question {result.Ending}: {result.Output.Trim()}", IsAsExpected: false);
    }

    /// <summary>Between the program and its arguments, where it was started as "dotnet ConfirmOnWindows.dll".</summary>
    private static string[] Self
        => string.Equals(Path.GetFileNameWithoutExtension(Environment.ProcessPath), "dotnet", StringComparison.OrdinalIgnoreCase)
            ? [typeof(ProbeRunner).Assembly.Location]
            : [];
}
