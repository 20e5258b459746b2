using System.Globalization;
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
    private const string AsAnOldKernel = "22";
    private const string HideSettings = "mount -t tmpfs none /proc/sys";

    /// <summary>Enough for the runtime and a host; few enough to be used up quickly.</summary>
    private const int Descriptors = 400;

    private const string Nobody = "65534";

    /// <summary>Without this variable the start-up hook leaves Wine its own Winsock (Kestrel.Transport.Rio.WinsockHook).</summary>
    private const string BenchLibrary = "RIO_BENCH_LIBRARY";

    private static readonly string s_rio = "served by " + Engine.RioOnThreadPool.ConnectionAssembly;
    private static readonly string s_sockets = "served by " + Engine.Sockets.ConnectionAssembly;

    [Theory]
    [InlineData(NotPermitted, SeccompFilter.IoUringSetup, "io_uring_setup says EPERM: a security policy")]
    [InlineData(NotPermitted, SeccompFilter.IoUringEnter, "io_uring_enter says EPERM: a security policy")]
    [InlineData(NotPermitted, SeccompFilter.IoUringRegister, "io_uring_register says EPERM: a security policy")]
    [InlineData(NoSuchCall, SeccompFilter.IoUringSetup, "io_uring_setup says ENOSYS")]
    [InlineData(NoSuchCall, SeccompFilter.IoUringEnter, "io_uring_enter says ENOSYS")]
    [InlineData(NoSuchCall, SeccompFilter.IoUringRegister, "io_uring_register says ENOSYS")]
    [InlineData(AsAnOldKernel, SeccompFilter.IoUringSetup, "Run Linux 6.1 or later")]
    [InlineData(AsAnOldKernel, SeccompFilter.IoUringRegister, "Run Linux 6.1 or later")]
    public async Task Refused_call_of_io_uring_has_Sockets_serve_with_one_warning(string errno, int call, string reason)
    {
        var output = await RunAsync([], AppContext.BaseDirectory, errno, UnavailableBehavior.UseSockets, call);

        Assert.Contains(s_sockets, output, StringComparison.Ordinal);
        AssertExplained(reason, Assert.Single(Warnings(output)));
    }

    [Theory]
    [InlineData("1", "kernel.io_uring_disabled=1")]
    [InlineData("2", "kernel.io_uring_disabled=2")]
    public async Task Where_a_sysctl_switches_io_uring_off_Sockets_serves_and_the_warning_names_it(string setting, string reason)
    {
        // Set for the whole machine it would hit everybody else: so the file is another's, and seccomp gives the kernel's answer.
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, setting + "\n", Deadline);
        try
        {
            var output = await RunAsync(
                await PrivateMountsAsync($"mount --bind {file} /proc/sys/kernel/io_uring_disabled"),
                AppContext.BaseDirectory,
                NotPermitted,
                UnavailableBehavior.UseSockets);

            Assert.Contains(s_sockets, output, StringComparison.Ordinal);
            AssertExplained(reason, Assert.Single(Warnings(output)));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Where_the_settings_of_the_kernel_are_hidden_Rio_serves()
    {
        var output = await RunAsync(
            await PrivateMountsAsync(HideSettings), AppContext.BaseDirectory, RestrictedMachine.NoFilter, UnavailableBehavior.Throw);

        Assert.Contains(s_rio, output, StringComparison.Ordinal);
        Assert.Empty(Warnings(output));
    }

    [Fact]
    public async Task Hidden_kernel_settings_make_the_warning_name_a_policy()
    {
        var output = await RunAsync(
            await PrivateMountsAsync(HideSettings), AppContext.BaseDirectory, NotPermitted, UnavailableBehavior.UseSockets);

        Assert.Contains(s_sockets, output, StringComparison.Ordinal);
        AssertExplained("io_uring_setup says EPERM: a security policy", Assert.Single(Warnings(output)));
    }

    /// <summary>So nothing of ours has to do without all of it.</summary>
    [Fact]
    public async Task Without_proc_the_runtime_itself_does_not_start()
    {
        var restriction = await PrivateMountsAsync("umount --lazy /proc");

        var child = await ForeignTool.RunAsync(
            restriction[0],
            "util-linux",
            [.. restriction[1..], Program.FilePath, RestrictedMachine.Command, RestrictedMachine.NoFilter, nameof(UnavailableBehavior.UseSockets)],
            Deadline);

        Assert.NotEqual(0, child.ExitCode);
        AssertExplained("Failed to create CoreCLR", child.Errors.Trim());
    }

    [Theory]
    [InlineData(UnavailableBehavior.UseSockets, "SocketException")]
    [InlineData(UnavailableBehavior.Throw, "PlatformNotSupportedException: Registered I/O is not available. io_uring_setup found no free file descriptor.")]
    public async Task Bind_without_a_free_descriptor_fails_and_names_the_limit(UnavailableBehavior fallback, string failure)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: prlimit, which is Linux's, sets the limit of descriptors.");

        var child = await ForeignTool.RunAsync(
            "prlimit",
            "util-linux",
            [$"--nofile={Descriptors}", "env", "DOTNET_TieredCompilation=0", Program.FilePath, DescriptorShortage.StartCommand, fallback.ToString()],
            Deadline);

        child.AssertSucceeded();
        Assert.Contains(failure, child.Text, StringComparison.Ordinal);
        AssertExplained(
            "io_uring_setup found no free file descriptor. Raise the limit of open files",
            child.Text.Split('\n').First(static line => line.Contains("Registered I/O is not available", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task With_the_heap_that_the_runtime_allows_itself_in_256_MiB_Rio_serves()
    {
        // Three quarters of it, as in a container of that size (the runtime's own rule).
        var output = await RunAsync(
            ["env", "DOTNET_GCHeapHardLimit=0xC000000"], AppContext.BaseDirectory, RestrictedMachine.NoFilter, UnavailableBehavior.Throw);

        Assert.Contains(s_rio, output, StringComparison.Ordinal);
        Assert.Empty(Warnings(output));
    }

    [Fact]
    public async Task Without_lockable_memory_for_a_ring_Sockets_serves_and_one_warning_says_why()
    {
        var output = await RunAsOrdinaryUserAsync(lockableBytes: 0);

        Assert.Contains(s_sockets, output, StringComparison.Ordinal);
        AssertExplained("io_uring_setup says ENOMEM", Assert.Single(Warnings(output)));
    }

    [Fact]
    public async Task Memlock_for_one_ring_gives_one_poller_and_a_warning()
    {
        var output = await RunAsOrdinaryUserAsync(lockableBytes: 24 * 1024);

        Assert.Contains(s_rio, output, StringComparison.Ordinal);
        AssertExplained("The machine gives 1 of 2 pollers", Warnings(output).First());
    }

    [Fact]
    public async Task Start_under_a_seccomp_ban_fails_where_no_fallback_is_wanted()
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
        AssertExplained("KESTREL_RIO=off in the environment", Assert.Single(Warnings(output)).Replace($"={value} ", "=off ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task With_another_value_in_the_environment_Rio_serves()
    {
        var output = await RunAsync(["env", "KESTREL_RIO=on"], AppContext.BaseDirectory, RestrictedMachine.NoFilter, UnavailableBehavior.Throw);

        Assert.Contains(s_rio, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Low_memlock_limit_serves_from_unregistered_slabs_with_one_warning()
    {
        var output = await RunAsOrdinaryUserAsync(lockableBytes: 64 * 1024);

        Assert.Contains(s_rio, output, StringComparison.Ordinal);
        var warning = Assert.Single(Warnings(output));
        AssertExplained("memory that is not registered", warning);
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
        AssertExplained("Winsock says 10045: it has no registered I/O", warning);
        Assert.Contains("Windows 8, Windows Server 2012 and later have it", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_without_registered_io_in_Winsock_fails_where_no_fallback_is_wanted()
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

    /// <summary>What runs a command where something is mounted in another way, for it alone.</summary>
    private async Task<string[]> PrivateMountsAsync(string change)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: mounts of one process are Linux's.");
        string[] unshare = ["unshare", "--mount", "sh", "-c"];
        var attempt = await ForeignTool.RunAsync(unshare[0], "util-linux", [.. unshare[1..], change], Deadline);
        Assert.SkipUnless(attempt.ExitCode == 0, $"not on this machine: it allows no mounts of one's own ({attempt.Errors.Trim()}).");
        return [.. unshare, change + " && exec \"$@\"", "sh"];
    }

    private async Task<string> RunAsync(
        string[] restriction, string folder, string errno, UnavailableBehavior fallback, int call = SeccompFilter.IoUringSetup)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: io_uring is Linux's.");

        // Through env, since the home of the test's user may be closed to the child's.
        string[] command =
        [
            .. restriction, "env", $"HOME={folder}", $"DOTNET_CLI_HOME={folder}",
            Path.Combine(folder, Program.Name), RestrictedMachine.Command, errno, fallback.ToString(),
            call.ToString(CultureInfo.InvariantCulture),
        ];
        var child = await ForeignTool.RunAsync(command[0], "util-linux", command[1..], Deadline);
        child.AssertSucceeded();
        return child.Text;
    }

    /// <summary>The message is the one that is meant, and docs/troubleshooting.md has it, word for word.</summary>
    private static void AssertExplained(string reason, string said)
    {
        var message = said.Trim();
        foreach (var prefix in (string[])["Warning: ", "PlatformNotSupportedException: Registered I/O is not available. "])
        {
            message = message.StartsWith(prefix, StringComparison.Ordinal) ? message[prefix.Length..] : message;
        }

        Assert.Contains(reason, message, StringComparison.Ordinal);
        TroubleshootingPage.AssertHas(message);
    }

    private static IEnumerable<string> Warnings(string output)
        => output.Split('\n').Where(line => line.StartsWith("Warning:", StringComparison.Ordinal));
}
