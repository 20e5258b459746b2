namespace Kestrel.Transport.Rio.FunctionalTests.Native;

/// <summary>
/// Puts threads into the uninterruptible sleep of <c>fsync</c>, of a cold read or of a page fault, until it is ended. A thread sleeps so
/// while the child that it has spawned has not executed its program; and the child opens a FIFO first, which has no writer.
/// </summary>
public sealed class UninterruptibleSleep : IDisposable
{
    private const uint OwnersAlone = 0x180;
    private const int Descriptor = 0;

    private readonly string _fifo = Path.Combine(Path.GetTempPath(), $"rio-{Guid.NewGuid():N}.fifo");
    private volatile int _sleeper;
    private volatile bool _hasEnded;

    public UninterruptibleSleep()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: it has no threads that sleep as Linux' do.");
        Assert.Equal(0, LibC.MakeFifo(_fifo, OwnersAlone));
    }

    /// <summary>proc_pid_stat(5): the thread that has called <see cref="Sleep"/> is in state D.</summary>
    public bool HasSleeper
        => _sleeper is not 0 and var thread && File.ReadAllText($"/proc/self/task/{thread}/stat").Split(')')[^1].StartsWith(" D", StringComparison.Ordinal);

    /// <summary>Returns after <see cref="End"/>. One thread.</summary>
    public unsafe void Sleep()
    {
        const int MaxActionsLength = 256;
        var actions = stackalloc byte[MaxActionsLength];
        var path = "/bin/true\0"u8;
        Assert.Equal(0, LibC.InitFileActions(actions));
        Assert.Equal(0, LibC.AddOpen(actions, Descriptor, _fifo, flags: 0, mode: 0));
        _sleeper = LibC.ThreadId();
        int process;
        fixed (byte* name = path)
        {
            var arguments = stackalloc byte*[2] { name, null };
            var environment = stackalloc byte*[1] { null };
            Assert.Equal(0, LibC.Spawn(&process, "/bin/true", actions, null, arguments, environment));
        }

        _sleeper = 0;
        Assert.Equal(0, LibC.DestroyFileActions(actions));
        int status;
        while (LibC.WaitFor(process, &status, 0) < 0 && System.Runtime.InteropServices.Marshal.GetLastPInvokeError() == LibC.Interrupted)
        {
            // A signal of the runtime's.
        }
    }

    /// <summary>Ends the sleep; a second call does nothing.</summary>
    public void End()
    {
        if (!_hasEnded)
        {
            _hasEnded = true;

            // For reading too, so that it does not wait for a reader.
            using var fifo = new FileStream(_fifo, FileMode.Open, FileAccess.ReadWrite);
            SpinWait.SpinUntil(() => _sleeper == 0, Wait.Patience);
        }
    }

    public void Dispose()
    {
        End();
        File.Delete(_fifo);
    }
}
