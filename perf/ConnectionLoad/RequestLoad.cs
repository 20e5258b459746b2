namespace ConnectionLoad;

/// <summary>So many connections, each with so many requests in flight at a time, and for how long.</summary>
internal sealed record RequestLoad(int Connections, int Depth, TimeSpan WarmUp, TimeSpan Measure)
{
    // For connections that are being opened, and for a server that lets the last answers wait.
    private static readonly TimeSpan s_slack = TimeSpan.FromSeconds(30);

    public TimeSpan Deadline => WarmUp + Measure + s_slack;
}
