using System.Diagnostics;
using System.Globalization;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>This program again, as a process that serves. Its first line is the port.</summary>
public static class ServerProcess
{
    public static Process Start(string command, Engine engine)
    {
        ArgumentNullException.ThrowIfNull(engine);
        return Process.Start(new ProcessStartInfo(Program.FilePath, [command, engine.Name])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
    }

    public static async Task<IPEndPoint> ReadEndPointAsync(Process server, CancellationToken deadline)
    {
        ArgumentNullException.ThrowIfNull(server);
        return new IPEndPoint(IPAddress.Loopback, int.Parse((await server.StandardOutput.ReadLineAsync(deadline))!, CultureInfo.InvariantCulture));
    }
}
