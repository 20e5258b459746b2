using System.Buffers.Text;

namespace Kestrel.Transport.Rio.Platform.Linux;

/// <summary>What the calling thread has had of the machine.</summary>
internal static class LinuxThreadTimes
{
    // CLOCK_THREAD_CPUTIME_ID of linux/time.h. The schedstat has the same figure, as old as the last tick.
    private const int Clock = 3;

    // Documentation/scheduler/sched-stats.rst: nanoseconds with a processor, nanoseconds without, and how often it got one.
    private const string Schedule = "/proc/thread-self/schedstat";
    private const int MaxLength = 64;

    private static volatile bool s_isAbsent;

    /// <summary>Null where the machine does not tell: without <c>/proc</c>, and where the kernel does not count it.</summary>
    public static ThreadTimes? OfCurrentThread()
        => ReadLack() is { } lack && ThreadCalls.TryReadClock(Clock, out var time) ? new ThreadTimes(time, lack) : null;

    private static TimeSpan? ReadLack()
    {
        if (s_isAbsent)
        {
            return null;
        }

        Span<byte> text = stackalloc byte[MaxLength];
        try
        {
            using var file = File.OpenHandle(Schedule);
            text = text[..RandomAccess.Read(file, text, fileOffset: 0)];
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException)
        {
            // It will not be there the next time, and an exception is dear.
            s_isAbsent = true;
            return null;
        }
        catch (IOException)
        {
            // As without a free descriptor.
            return null;
        }

        return Utf8Parser.TryParse(text[(text.IndexOf((byte)' ') + 1)..], out long nanoseconds, out _)
            ? TimeSpan.FromTicks(nanoseconds / TimeSpan.NanosecondsPerTick)
            : null;
    }
}
