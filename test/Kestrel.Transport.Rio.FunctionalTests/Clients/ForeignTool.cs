using System.ComponentModel;
using System.Diagnostics;

namespace Kestrel.Transport.Rio.FunctionalTests.Clients;

/// <summary>A client that shares no code with the server, run as a process.</summary>
public static class ForeignTool
{
    /// <summary>
    /// Runs a tool to its end and gives what it wrote. A missing tool fails the test with its package's name, or skips it on
    /// Windows, where nothing of ours installs it. (Wine would start a Linux program, but gives neither its output nor its end.)
    /// </summary>
    public static async Task<ToolResult> RunAsync(
        string tool,
        string debianPackage,
        IEnumerable<string> arguments,
        CancellationToken deadline,
        byte[]? input = null,
        IEnumerable<string>? withoutVariables = null)
    {
        using var process = new Process
        {
            StartInfo = new ProcessStartInfo(tool, arguments)
            {
                UseShellExecute = false,
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            },
        };
        foreach (var variable in withoutVariables ?? [])
        {
            process.StartInfo.Environment.Remove(variable);
        }

        try
        {
            process.Start();
        }
        catch (Win32Exception) when (OperatingSystem.IsWindows())
        {
            Assert.Skip($"not on this machine: it has no {tool} for Windows.");
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"'{tool}' cannot be started: install the Debian package '{debianPackage}'.", e);
        }

        try
        {
            var output = new MemoryStream();
            var copyOutput = process.StandardOutput.BaseStream.CopyToAsync(output, deadline);
            var readErrors = process.StandardError.ReadToEndAsync(deadline);
            await process.StandardInput.BaseStream.WriteAsync(input, deadline);
            process.StandardInput.Close();
            await copyOutput;
            await process.WaitForExitAsync(deadline);
            return new ToolResult(process.ExitCode, output.ToArray(), await readErrors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
