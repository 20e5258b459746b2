using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.IoUring.Interop;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

public sealed class ProbeTests
{
    [Theory]
    [InlineData(Errno.NotImplemented, null, "ENOSYS", "Linux 6.1")]
    [InlineData(Errno.NotImplemented, null, "seccomp", "io_uring_register")]
    [InlineData(Errno.Permission, 2, "kernel.io_uring_disabled=2", "Set it to 0")]
    [InlineData(Errno.Permission, 1, "kernel.io_uring_disabled=1", "kernel.io_uring_group")]
    [InlineData(Errno.Permission, 0, "EPERM", "seccomp profile")]
    [InlineData(Errno.Permission, null, "EPERM", "io_uring_setup, io_uring_enter and io_uring_register")]
    [InlineData(Errno.AccessDenied, null, "security policy", "seccomp profile")]
    [InlineData(Errno.OutOfMemory, null, "ENOMEM", "ulimit -l")]
    [InlineData(Errno.OutOfMemory, null, "locks no more memory", "LimitMEMLOCK")]
    [InlineData(Errno.TooManyFiles, null, "file descriptor", "ulimit -n")]
    [InlineData(Errno.TooManyFilesInSystem, null, "file descriptor", "LimitNOFILE")]
    [InlineData(Errno.InvalidArgument, null, "lacks what is needed", "Linux 6.1")]
    public void The_explanation_names_the_reason_and_the_remedy(int errno, int? disabledSetting, string reason, string remedy)
    {
        var text = IoUringProbe.Explain(errno, disabledSetting);

        Assert.Contains(reason, text, StringComparison.Ordinal);
        Assert.Contains(remedy, text, StringComparison.Ordinal);
    }

    [Fact]
    public void Disabled_setting_does_not_suggest_the_group()
        => Assert.DoesNotContain("io_uring_group", IoUringProbe.Explain(Errno.Permission, 2), StringComparison.Ordinal);

    [Fact]
    public void An_errno_that_nobody_foresaw_is_named()
        => Assert.Contains("117", IoUringProbe.Explain(117, disabledSetting: null), StringComparison.Ordinal);
}
