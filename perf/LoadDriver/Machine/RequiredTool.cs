namespace LoadDriver.Machine;

/// <summary>A program that is not ours, and the Debian package that has it.</summary>
internal sealed record RequiredTool(string Command, string Package)
{
    public static readonly RequiredTool Wrk = new("wrk", "wrk");
    public static readonly RequiredTool H2Load = new("h2load", "nghttp2-client");
    public static readonly RequiredTool Taskset = new("taskset", "util-linux");
    public static readonly RequiredTool Nginx = new("nginx", "nginx-light");
    public static readonly RequiredTool Gcc = new("gcc", "gcc");
    public static readonly RequiredTool Gnuplot = new("gnuplot", "gnuplot-nox");
    public static readonly RequiredTool Perf = new("perf", "linux-perf");
    public static readonly RequiredTool Strace = new("strace", "strace");

    // Debian's nginx is where only root's PATH looks.
    private static readonly string[] s_moreFolders = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

    /// <summary>Where the program is, or null.</summary>
    public string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .Concat(s_moreFolders)
        .Select(folder => Path.Combine(folder, Command))
        .FirstOrDefault(File.Exists);

    /// <summary>One line that names what is missing; null when nothing is.</summary>
    public static string? Missing(IEnumerable<RequiredTool> tools)
    {
        var missing = tools.Distinct().Where(tool => tool.Find() is null).ToList();
        return missing.Count == 0
            ? null
            : $"Missing: {string.Join(", ", missing.Select(tool => tool.Command))}."
                + $" Debian: apt-get install {string.Join(' ', missing.Select(tool => tool.Package))}"
                + " (or build/install.sh load).";
    }
}
