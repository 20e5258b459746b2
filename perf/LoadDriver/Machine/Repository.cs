namespace LoadDriver.Machine;

/// <summary>Where things are in the clone that this program was built in.</summary>
internal static class Repository
{
    private const string Mark = "Kestrel.Transport.Rio.sln";

    public static string Root { get; } = FindRoot();

    public static string Results => Path.Combine(Root, "perf", "results");

    public static string Floor => Path.Combine(Root, "artifacts", "perf", "floor");

    public static string FloorBuild => Path.Combine(Root, "perf", "Floor", "build.sh");

    public static string WrkScript => Path.Combine(AppContext.BaseDirectory, "wrk.lua");

    public static string PlatformBenchmarks => Built("PlatformBenchmarks");

    public static string ConnectionLoad => Built("ConnectionLoad");

    private static string Built(string project) =>
        Path.Combine(Root, "perf", project, "bin", "Release", "net10.0", project);

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, Mark)))
            {
                return folder.FullName;
            }
        }

        throw new LoadFailedException($"There is no {Mark} above {AppContext.BaseDirectory}.");
    }
}
