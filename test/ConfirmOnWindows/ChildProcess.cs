using System.Diagnostics;
using System.Text;

namespace ConfirmOnWindows;

/// <summary>A program that is started, bounded in time, and killed with all that it started when the time is over.</summary>
internal static class ChildProcess
{
    public static async Task<ChildResult> RunAsync(
        string program, IEnumerable<string> arguments, TimeSpan deadline, CancellationToken ended)
    {
        using var process = new Process();
        process.StartInfo = StartInfo(program, arguments);
        var output = new StringBuilder();
        void Add(object sender, DataReceivedEventArgs line)
        {
            lock (output)
            {
                output.AppendLine(line.Data);
            }
        }

        process.OutputDataReceived += Add;
        process.ErrorDataReceived += Add;
        process.Start();
        process.StandardInput.Close();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        using var over = CancellationTokenSource.CreateLinkedTokenSource(ended);
        over.CancelAfter(deadline);
        int? exitCode = null;
        try
        {
            await process.WaitForExitAsync(over.Token);
            exitCode = process.ExitCode;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            ended.ThrowIfCancellationRequested();
        }

        lock (output)
        {
            return new ChildResult(exitCode, output.ToString());
        }
    }

    public static ProcessStartInfo StartInfo(string program, IEnumerable<string> arguments) => new(program, arguments)
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
        UseShellExecute = false,
    };
}
