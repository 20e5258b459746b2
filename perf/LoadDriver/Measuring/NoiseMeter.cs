using System.Diagnostics;
using LoadDriver.Machine;
using LoadDriver.Servers;

namespace LoadDriver.Measuring;

/// <summary>Sees what the machine does beside the measurement.</summary>
internal sealed class NoiseMeter
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(120);

    private readonly IReadOnlyList<Server> _servers;
    private readonly double _before;
    private readonly long _started;
    private readonly MachineTime _machine;
    private readonly double _ours;

    private NoiseMeter(IReadOnlyList<Server> servers, double before)
    {
        _servers = servers;
        _before = before;
        _machine = MachineTime.Now();
        _ours = Ours();
        _started = Stopwatch.GetTimestamp();
    }

    /// <summary>Looks at the machine at rest, and goes on from there.</summary>
    /// <param name="servers">All that run, also those that are not measured now.</param>
    public static async Task<NoiseMeter> StartAsync(IReadOnlyList<Server> servers, CancellationToken ended)
    {
        var rest = new NoiseMeter(servers, before: 0);
        await Task.Delay(s_look, ended);
        return new NoiseMeter(servers, rest.Stop().During);
    }

    /// <summary>After the load generator has ended and was waited for, which is when its time becomes known.</summary>
    public Noise Stop()
    {
        var seconds = Stopwatch.GetElapsedTime(_started).TotalSeconds;
        var machine = MachineTime.Now();
        var foreign = machine.Busy - _machine.Busy - (Ours() - _ours);
        return new Noise(_before, Math.Max(0, foreign / seconds), (machine.Stolen - _machine.Stolen) / seconds);
    }

    private double Ours() =>
        CpuTime.OfSelfAndReapedChildren().Total + _servers.Sum(server => CpuTime.OfProcess(server.ProcessId).Total);
}
