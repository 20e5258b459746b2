using Kestrel.Transport.Rio;

namespace LoadDriver.Servers;

/// <summary>One of the servers that are compared.</summary>
internal sealed record Row(string Name, RowKind Kind, ApplicationScheduling Scheduling = ApplicationScheduling.ThreadPool)
{
    public static readonly Row Sockets = new("sockets", RowKind.Sockets);
    public static readonly Row SocketsInline = new("sockets-inline", RowKind.Sockets, ApplicationScheduling.Inline);
    public static readonly Row Nginx = new("nginx", RowKind.Nginx);
    public static readonly Row Floor = new("floor", RowKind.Floor);

    /// <summary>Ours with its application on the thread pool.</summary>
    public static readonly Row RioThreadPool = Rio(ApplicationScheduling.ThreadPool);

    /// <summary>Ours with its application on the poller until it keeps it.</summary>
    public static readonly Row RioAdaptive = Rio(ApplicationScheduling.Adaptive);

    /// <summary>Ours with its application on the poller, however long it keeps it.</summary>
    public static readonly Row RioInline = Rio(ApplicationScheduling.Inline);

    /// <summary>Every scheduling mode of ours, and then the others.</summary>
    public static readonly IReadOnlyList<Row> All =
        [.. Enum.GetValues<ApplicationScheduling>().Select(Rio), Sockets, SocketsInline, Nginx, Floor];

    /// <summary>Served by ASP.NET Core, and so by the same application.</summary>
    public bool IsKestrel => Kind is RowKind.Rio or RowKind.Sockets;

    private static Row Rio(ApplicationScheduling scheduling) =>
        new($"rio-{scheduling.ToString().ToLowerInvariant()}", RowKind.Rio, scheduling);
}
