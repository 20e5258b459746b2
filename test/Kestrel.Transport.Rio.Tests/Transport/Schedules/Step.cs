namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>One thing that happens, to one connection, and where it comes from.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Connection">Which connection; taken modulo their number.</param>
/// <param name="Amount">How many bytes, blocks or passes.</param>
/// <param name="OnPoller">As application work on the poller, in the next pass; else now, as from another thread.</param>
internal sealed record Step(StepKind Kind, int Connection, int Amount, bool OnPoller)
{
    public override string ToString() => $"{Kind} c{Connection} {Amount}{(OnPoller ? " on the poller" : "")}";
}
