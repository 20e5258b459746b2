using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace Kestrel.Transport.Rio.Platform.Linux;

/// <summary>A thread by its line in <c>/proc</c> and its clock.</summary>
internal sealed class LinuxThreadActivity : ThreadActivity
{
    private const string CurrentThread = "/proc/thread-self";

    // The name is of at most 64 bytes, and what is asked for comes right behind it.
    private const int Enough = 128;

    private readonly SafeFileHandle _stat;
    private readonly int _clock;

    private LinuxThreadActivity(SafeFileHandle stat, int clock)
    {
        _stat = stat;
        _clock = clock;
    }

    /// <summary>proc_pid_stat(5): the third field is R both while it runs and while it waits for a processor.</summary>
    public override bool IsRunnable
    {
        get
        {
            Span<byte> text = stackalloc byte[Enough];
            try
            {
                text = text[..RandomAccess.Read(_stat, text, fileOffset: 0)];
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // It has ended.
                return false;
            }

            // The second field is the name in brackets, and a name may hold brackets itself.
            return text[(text.LastIndexOf((byte)')') + 1)..].StartsWith(" R"u8);
        }
    }

    public override TimeSpan ProcessorTime => ThreadCalls.TryReadClock(_clock, out var time) ? time : TimeSpan.Zero;

    /// <summary>The current thread; null where the machine does not show it, as without <c>/proc</c>.</summary>
    public static LinuxThreadActivity? OfCurrentThread()
    {
        try
        {
            return ClockOf(Path.GetFileName(new DirectoryInfo(CurrentThread).LinkTarget)) is { } clock && ThreadCalls.TryReadClock(clock, out _)
                ? new LinuxThreadActivity(File.OpenHandle($"{CurrentThread}/stat"), clock)
                : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public override void Dispose() => _stat.Dispose();

    /// <summary>
    /// MAKE_THREAD_CPUCLOCK and CPUCLOCK_SCHED of linux/posix-timers.h, which is what pthread_getcpuclockid(3) makes; where the C
    /// library is older than 2.34 that is in a library of its own.
    /// </summary>
    private static int? ClockOf(string? thread)
    {
        const int PerThread = 4;
        const int Scheduled = 2;
        return int.TryParse(thread, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? (~id << 3) | PerThread | Scheduled : null;
    }
}
