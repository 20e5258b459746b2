using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Termination;

/// <summary>A server in a process of its own: this program again, which serves until it is sent SIGTERM.</summary>
internal sealed partial class ServedProcess : IDisposable
{
    public const string Command = "--serve-until-terminated";

    private const int Terminate = 15;

    private readonly Process _process;

    private ServedProcess(Process process, SoakEndPoints endPoints, string certificate)
    {
        _process = process;
        EndPoints = endPoints;
        Certificate = certificate;
    }

    public SoakEndPoints EndPoints { get; }

    /// <summary>The hash of it.</summary>
    public string Certificate { get; }

    /// <summary>The child: as users run it, without a verifier. Gives its exit code, which is 0 when nothing was logged that should not be.</summary>
    public static async Task<int> ServeAsync(SoakTransport transport, ApplicationScheduling scheduling)
    {
        var options = new SoakOptions
        {
            Seconds = 0,
            Clients = 0,
            Seed = 0,
            Transport = transport,
            Scheduling = scheduling,
            IsVerified = false,
            ReturnedMemory = ReturnedMemory.Kept,
        };
        await using var server = await SoakServer.StartAsync(options, CancellationToken.None);
        var (http1, http2, tls) = server.EndPoints;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{http1.Port} {http2.Port} {tls.Port} {Certificates.Localhost.GetCertHashString()}"));
        await server.WaitForShutdownAsync();
        return server.Log.Problems.Count == 0 ? 0 : 1;
    }

    public static async Task<ServedProcess> StartAsync(SoakTransport transport, ApplicationScheduling scheduling, CancellationToken cancelled)
    {
        var process = new Process
        {
            StartInfo = new ProcessStartInfo(Environment.ProcessPath!, [Command, transport.ToString(), scheduling.ToString()])
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            },
        };
        process.Start();
        try
        {
            var line = await process.StandardOutput.ReadLineAsync(cancelled);
            var words = line!.Split(' ');
            var endPoints = words[..^1]
                .Select(static port => new IPEndPoint(IPAddress.Loopback, int.Parse(port, CultureInfo.InvariantCulture)))
                .ToList();
            return new ServedProcess(process, new SoakEndPoints(endPoints[0], endPoints[1], endPoints[2]), words[^1]);
        }
        catch
        {
            End(process);
            throw;
        }
    }

    /// <summary>Sends SIGTERM, and gives how long the process took to end, and its exit code.</summary>
    public async Task<(TimeSpan Time, int ExitCode)> TerminateAsync(CancellationToken deadline)
    {
        var start = Stopwatch.GetTimestamp();
        if (Kill(_process.Id, Terminate) != 0)
        {
            throw new InvalidOperationException($"SIGTERM cannot be sent: errno {Marshal.GetLastPInvokeError()}.");
        }

        await _process.WaitForExitAsync(deadline);
        return (Stopwatch.GetElapsedTime(start), _process.ExitCode);
    }

    public void Dispose() => End(_process);

    private static void End(Process process)
    {
        if (!process.HasExited)
        {
            process.Kill();
        }

        process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int process, int signal);
}
