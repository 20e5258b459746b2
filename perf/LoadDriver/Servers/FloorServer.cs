using System.Globalization;
using LoadDriver.Machine;

namespace LoadDriver.Servers;

/// <summary>The C program that does the same I/O with no HTTP stack; built when it is first needed.</summary>
internal sealed class FloorServer : Server
{
    private FloorServer(Row row, ServerShape shape, ChildProcess process, int port)
        : base(row, shape, process, port)
    {
    }

    public static new async Task<Server> StartAsync(Row row, ServerShape shape, CancellationToken ended)
    {
        await ChildProcess.RunAsync(Pinning.None, Repository.FloorBuild, [], ended);
        var port = Ports.Free();
        var process = ChildProcess.Start(ServerPinning(shape), Repository.Floor, port.ToString(CultureInfo.InvariantCulture));
        await Ports.WaitUntilServedAsync(port, process, ended);
        return new FloorServer(row, shape, process, port);
    }
}
