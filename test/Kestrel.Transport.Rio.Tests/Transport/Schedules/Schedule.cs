namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>A story of several connections on one poller, told step by step on one thread.</summary>
internal sealed record Schedule(ScheduleSettings Settings, int Connections, IReadOnlyList<Step> Steps)
{
    public override string ToString()
        => $"{Connections} connections, {Settings}{Environment.NewLine}  {string.Join(Environment.NewLine + "  ", Steps)}{Environment.NewLine}";
}
