using System.Diagnostics;
using System.Globalization;

namespace ConfirmOnWindows.Load;

/// <summary>The sample as a process of its own, on a port that was free.</summary>
internal sealed class ServerUnderLoad : IAsyncDisposable
{
    private static readonly TimeSpan s_startDeadline = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly TaskCompletionSource<int> _port = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _provider = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private string _output = "";

    private ServerUnderLoad(string program, string transport)
    {
        string[] arguments =
        [
            "--transport", transport, "--urls", "http://127.0.0.1:0", "--https-port", "off", "--echo-port", "off", "--figures", "off",
        ];
        _process = new Process { StartInfo = ChildProcess.StartInfo(program, arguments), EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => OnLine(line.Data);
        _process.ErrorDataReceived += (_, line) => OnLine(line.Data);
        _process.Exited += (_, _) => Fail("ended");
        if (transport is "sockets")
        {
            _provider.SetResult("Sockets");
        }
    }

    public int Port { get; private set; }

    /// <summary>What serves, in the transport's own words.</summary>
    public string Provider { get; private set; } = "";

    /// <summary>User and system time so far.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <exception cref="InvalidOperationException">It does not serve, or not on registered I/O although it should.</exception>
    public static async Task<ServerUnderLoad> StartAsync(string program, string transport, CancellationToken ended)
    {
        var server = new ServerUnderLoad(program, transport);
        try
        {
            server._process.Start();
            server._process.StandardInput.Close();
            server._process.BeginOutputReadLine();
            server._process.BeginErrorReadLine();
            server.Port = await server._port.Task.WaitAsync(s_startDeadline, ended);
            server.Provider = await server._provider.Task.WaitAsync(s_startDeadline, ended);
            return server;
        }
        catch (Exception e)
        {
            await server.DisposeAsync();
            throw e is TimeoutException ? new InvalidOperationException($"The sample does not serve: {server._output}") : e;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void OnLine(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lock)
        {
            _output += $"{line}\n";
        }

        if (line.StartsWith("listening: http://", StringComparison.Ordinal))
        {
            _port.TrySetResult(int.Parse(line.AsSpan(line.LastIndexOf(':') + 1), CultureInfo.InvariantCulture));
        }
        else if (line.IndexOf("Serving on ", StringComparison.Ordinal) is var start and >= 0)
        {
            _provider.TrySetResult(line[(start + "Serving on ".Length)..].TrimEnd('.'));
        }
        else if (line.Contains("warn:", StringComparison.Ordinal))
        {
            // Of registered I/O that is not there: a transport that fell back would be measured under a wrong name.
            _provider.TrySetException(new InvalidOperationException(line));
        }
    }

    private void Fail(string what)
    {
        var reason = new InvalidOperationException($"The sample {what} before it served: {_output}");
        _port.TrySetException(reason);
        _provider.TrySetException(reason);
    }
}
