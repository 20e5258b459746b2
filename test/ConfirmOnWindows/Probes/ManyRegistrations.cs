using System.Diagnostics;
using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class ManyRegistrations(string name, int count, int length) : Probe
{
    public override string Name => name;

    public override string Question => $"Does the machine register {count} times {length / 1024} KiB, and how long does one take?";

    public override string Expected => "all of them; nothing rests on the time";

    public override Answer Ask(ProbeScene scene)
    {
        var registered = 0;
        var result = new CallResult(IsAccepted: true, 0);
        var took = TimeSpan.Zero;
        while (registered < count && result.IsAccepted)
        {
            var start = Stopwatch.GetTimestamp();
            result = scene.TryRegister(length, out _);
            took += Stopwatch.GetElapsedTime(start);
            registered += result.IsAccepted ? 1 : 0;
        }

        return new Answer(
            $"{registered} registered, {took.TotalMicroseconds / count:F0} µs each with the memory's own allocation"
            + (result.IsAccepted ? "" : $"; then {result}"),
            registered == count);
    }
}
