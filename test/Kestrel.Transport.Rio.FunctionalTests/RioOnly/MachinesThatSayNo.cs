using Kestrel.Transport.Rio.FunctionalTests.Clients;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>
/// Rio only: machines without io_uring, or with little of it, and Winsock without registered I/O. Each is a child process
/// with the restriction, and an ordinary user's rights where the restriction does not bind root.
/// </summary>
public sealed class MachinesThatSayNo() : FunctionalTest(Engine.RioOnThreadPool)
{
    private const string NotPermitted = "1";
    private const string NoSuchCall = "38";
    private const string Nobody = "65534";

    /// <summary>Without this variable the start-up hook leaves Wine its own Winsock (Kestrel.Transport.Rio.WinsockHook).</summary>
    private const string BenchLibrary = "RIO_BENCH_LIBRARY";

    private static readonly string s_rio = "served by " + Engine.RioOnThreadPool.ConnectionAssembly;
    private static readonly string s_sockets = "served by " + Engine.Sockets.ConnectionAssembly;

    [Theory]
    [InlineData(NotPermitted, "EPERM", "seccomp")]
    [InlineData(NoSuchCall, "ENOSYS", "Linux 6.1 or later")]
    public async Task Where_seccomp_forbids_io_uring_Sockets_serves_and_one_warning_says_why(string errno, string reason, string remedy)
    {
        var output = await RunAsync([], AppContext.BaseDirectory, errno, UnavailableBehavior.UseSockets);

        Assert.Contains(s_sockets, output, StringComparison.Ordinal);
        var warning = Assert.Single(Warnings(output));
        Assert.Contains(reason, warning, StringComparison.Ordinal);
        Assert.Contains(remedy, warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_seccomp_forbids_io_uring_the_start_fails_with_the_reason_when_the_user_wants_no_fallback()
    {
        var output = await RunAsync([], AppContext.BaseDirectory, NotPermitted, UnavailableBehavior.Throw);

        Assert.StartsWith("refused: Registered I/O is not available.", output, StringComparison.Ordinal);
        Assert.Contains("EPERM", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("off", UnavailableBehavior.UseSockets)]
    [InlineData("0", UnavailableBehavior.Throw)]
    public async Task Where_the_environment_switches_it_off_Sockets_serves_whatever_the_code_says(string value, UnavailableBehavior fallback)
    {
        var output = await RunAsync(["env", $"KESTREL_RIO={value}"], AppContext.BaseDirectory, RestrictedMachine.NoFilter, fallback);

        Assert.Contains(s_sockets, output, StringComparison.Ordinal);
        Assert.Contains($"KESTREL_RIO={value} in the environment", Assert.Single(Warnings(output)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_another_value_in_the_environment_Rio_serves()
    {
        var output = await RunAsync(["env", "KESTREL_RIO=on"], AppContext.BaseDirectory, RestrictedMachine.NoFilter, UnavailableBehavior.Throw);

        Assert.Contains(s_rio, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_64_KiB_of_lockable_memory_an_ordinary_user_is_served_from_unregistered_slabs_and_one_warning_says_so()
    {
        var output = await RunAsOrdinaryUserAsync(lockableBytes: 64 * 1024);

        Assert.Contains(s_rio, output, StringComparison.Ordinal);
        var warning = Assert.Single(Warnings(output));
        Assert.Contains("not registered", warning, StringComparison.Ordinal);
        Assert.Contains("RLIMIT_MEMLOCK", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_the_default_8_MiB_of_lockable_memory_an_ordinary_user_is_served_by_Rio()
    {
        var output = await RunAsOrdinaryUserAsync(lockableBytes: 8 * 1024 * 1024);

        Assert.Contains(s_rio, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_Winsock_has_no_registered_io_Sockets_serves_and_one_warning_says_why()
    {
        var output = await RunOnWinesOwnWinsockAsync(UnavailableBehavior.UseSockets);

        Assert.Contains(s_sockets, output, StringComparison.Ordinal);
        var warning = Assert.Single(Warnings(output));
        Assert.Contains("Winsock says 10045: it has no registered I/O", warning, StringComparison.Ordinal);
        Assert.Contains("Windows 8, Windows Server 2012 and later have it", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_Winsock_has_no_registered_io_the_start_fails_with_the_reason_when_the_user_wants_no_fallback()
    {
        var output = await RunOnWinesOwnWinsockAsync(UnavailableBehavior.Throw);

        Assert.StartsWith("refused: Registered I/O is not available.", output, StringComparison.Ordinal);
        Assert.Contains("Winsock says 10045: it has no registered I/O", output, StringComparison.Ordinal);
    }

    /// <summary>Wine has no registered I/O of its own: a genuine refusal.</summary>
    private async Task<string> RunOnWinesOwnWinsockAsync(UnavailableBehavior fallback)
    {
        Assert.SkipUnless(Wine.IsHere, "not on this machine: no Wine, whose Winsock has no registered I/O; Windows' own has.");

        string[] arguments = [RestrictedMachine.Command, RestrictedMachine.NoFilter, fallback.ToString()];
        var child = await ForeignTool.RunAsync(Environment.ProcessPath!, "wine", arguments, Deadline, withoutVariables: [BenchLibrary]);
        child.AssertSucceeded();
        return child.Text;
    }

    /// <summary>As root, gives up all rights; the program is copied to where an ordinary user may read it.</summary>
    private async Task<string> RunAsOrdinaryUserAsync(int lockableBytes)
    {
        Assert.SkipUnless(
            !OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess, "not on this machine: only root can become another user.");

        var folder = Directory.CreateTempSubdirectory("rio-").FullName;
        try
        {
            _ = await ForeignTool.RunAsync("chmod", "coreutils", ["755", folder], Deadline);
            foreach (var file in Directory.EnumerateFiles(AppContext.BaseDirectory))
            {
                File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
            }

            string[] restriction =
            [
                "prlimit", $"--memlock={lockableBytes}:{lockableBytes}",
                "setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--bounding-set=-all",
            ];
            return await RunAsync(restriction, folder, RestrictedMachine.NoFilter, UnavailableBehavior.UseSockets);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private async Task<string> RunAsync(string[] restriction, string folder, string errno, UnavailableBehavior fallback)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: io_uring is Linux's.");

        // Through env, since the home of the test's user may be closed to the child's.
        string[] command =
        [
            .. restriction, "env", $"HOME={folder}", $"DOTNET_CLI_HOME={folder}",
            Path.Combine(folder, Program.Name), RestrictedMachine.Command, errno, fallback.ToString(),
        ];
        var child = await ForeignTool.RunAsync(command[0], "util-linux", command[1..], Deadline);
        child.AssertSucceeded();
        return child.Text;
    }

    private static IEnumerable<string> Warnings(string output)
        => output.Split('\n').Where(line => line.StartsWith("Warning:", StringComparison.Ordinal));
}
