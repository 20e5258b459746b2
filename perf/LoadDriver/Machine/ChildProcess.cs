using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace LoadDriver.Machine;

/// <summary>A program that this one has started, and ends at the latest when it ends itself.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int ServerCore = 0;
    private const int LoadCore = 1;
    private const int KeptLines = 20;

    private static readonly TimeSpan s_politeEnd = TimeSpan.FromSeconds(3);
    private static readonly ConcurrentDictionary<ChildProcess, byte> s_running = new();

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lastErrors = new();
    private readonly Task _errors;

    private ChildProcess(Process process)
    {
        _process = process;
        _errors = KeepErrorsAsync();
        s_running.TryAdd(this, 0);
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines of standard error so far.</summary>
    public string LastErrors => string.Join('\n', _lastErrors);

    public StreamReader Output => _process.StandardOutput;

    public StreamWriter Input => _process.StandardInput;

    public static ChildProcess Start(Pinning pinning, string program, params IEnumerable<string> arguments)
    {
        // taskset replaces itself by the program, so the process has the program's id.
        string[] command = pinning switch
        {
            Pinning.ServerCore => [Taskset, "-c", Text(ServerCore), program, .. arguments],
            Pinning.LoadCore => [Taskset, "-c", Text(LoadCore), program, .. arguments],
            _ => [program, .. arguments],
        };
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return new ChildProcess(Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start."));
    }

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it wrote to standard output, and then what it wrote last to standard error.</returns>
    /// <exception cref="LoadFailedException">It ended with an exit code other than 0.</exception>
    public static async Task<string> RunAsync(
        Pinning pinning,
        string program,
        IEnumerable<string> arguments,
        CancellationToken ended)
    {
        await using var child = Start(pinning, program, arguments);
        child.Input.Close();
        var output = await child.Output.ReadToEndAsync(ended);
        await child.WaitAsync(ended);
        return child._process.ExitCode == 0
            ? output + child.LastErrors
            : throw new LoadFailedException($"{program} ended with {child._process.ExitCode}: {output}\n{child.LastErrors}");
    }

    /// <summary>Kills all that still run. For the end of this program, however it comes.</summary>
    public static async Task EndAllAsync()
    {
        foreach (var child in s_running.Keys)
        {
            child.Kill();
            await child.DisposeAsync();
        }
    }

    /// <summary>Waits for the end, and for the last of its output.</summary>
    public async Task WaitAsync(CancellationToken ended)
    {
        await _process.WaitForExitAsync(ended);
        await _errors.WaitAsync(ended);
    }

    /// <summary>Ends its standard input, which our servers take for a request to end; kills it if it does not follow.</summary>
    public async Task EndAsync()
    {
        try
        {
            Input.Close();
            await _process.WaitForExitAsync().WaitAsync(s_politeEnd);
        }
        catch (Exception late) when (late is TimeoutException or IOException)
        {
            Kill();
        }
    }

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception)
        {
            // It has ended already.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!s_running.TryRemove(this, out _))
        {
            return;
        }

        Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private static string Taskset => RequiredTool.Taskset.Command;

    private static string Text(int core) => core.ToString(CultureInfo.InvariantCulture);

    private async Task KeepErrorsAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
        {
            _lastErrors.Enqueue(line);
            if (_lastErrors.Count > KeptLines)
            {
                _lastErrors.TryDequeue(out _);
            }
        }
    }
}
