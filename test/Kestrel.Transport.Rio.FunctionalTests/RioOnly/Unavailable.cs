using System.Globalization;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>
/// Rio only: machines without io_uring, most often containers. This program again, in a process that has taken the system
/// call away from itself.
/// </summary>
public sealed class Unavailable() : FunctionalTest(Engine.RioOnThreadPool)
{
    private const int OperationNotPermitted = 1;
    private const int FunctionNotImplemented = 38;

    [Theory]
    [InlineData(UnavailableBehavior.UseSockets, OperationNotPermitted)]
    [InlineData(UnavailableBehavior.UseSockets, FunctionNotImplemented)]
    public Task Sockets_serves_in_its_place_after_one_warning(UnavailableBehavior behavior, int errno) => RunChildAsync(behavior, errno);

    [Theory]
    [InlineData(UnavailableBehavior.Throw, OperationNotPermitted)]
    [InlineData(UnavailableBehavior.Throw, FunctionNotImplemented)]
    public Task The_start_fails_when_the_options_say_so(UnavailableBehavior behavior, int errno) => RunChildAsync(behavior, errno);

    private async Task RunChildAsync(UnavailableBehavior behavior, int errno)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux has io_uring to take away.");

        var child = await ForeignTool.RunAsync(
            Program.FilePath,
            "none, it is this program",
            [WithoutIoUring.Command, behavior.ToString(), errno.ToString(CultureInfo.InvariantCulture)],
            Deadline);

        child.AssertSucceeded();
        Assert.Contains(WithoutIoUring.Done, child.Text, StringComparison.Ordinal);
    }
}
