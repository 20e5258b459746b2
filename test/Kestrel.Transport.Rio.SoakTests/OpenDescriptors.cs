namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>What the process has open, by kind. Nothing where the system does not say.</summary>
internal static class OpenDescriptors
{
    /// <summary>A connection is one, and what the transport leaves of it.</summary>
    public const string Socket = "socket";

    private const string All = "/proc/self/fd";
    private const string AnonymousInode = "anon_inode:";
    private const string Processes = "/proc/";

    /// <summary>
    /// Without those of assemblies, which the runtime keeps and loads some of late, and without the one by which the others are found.
    /// </summary>
    public static SortedDictionary<string, int> CountByKind()
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        if (Directory.Exists(All))
        {
            foreach (var descriptor in new DirectoryInfo(All).EnumerateFileSystemInfos())
            {
                // Null for one that was closed meanwhile.
                if (LinkTarget(descriptor) is { } target && !target.EndsWith(".dll", StringComparison.Ordinal) && !IsOwn(target))
                {
                    var kind = Kind(target);
                    counts[kind] = counts.GetValueOrDefault(kind) + 1;
                }
            }
        }

        return counts;
    }

    public static string Describe(IReadOnlyDictionary<string, int> counts)
        => string.Join(", ", counts.Select(static count => $"{count.Value} {count.Key}"));

    private static string? LinkTarget(FileSystemInfo descriptor)
    {
        try
        {
            return descriptor.LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }

    private static bool IsOwn(string target)
        => target.StartsWith(Processes, StringComparison.Ordinal) && target.EndsWith("/fd", StringComparison.Ordinal);

    /// <summary>As proc_pid_fd(5) has it: <c>socket:[4711]</c>, <c>anon_inode:[eventfd]</c>, or the path of a file.</summary>
    private static string Kind(string target)
    {
        if (target.StartsWith(AnonymousInode, StringComparison.Ordinal))
        {
            return target[AnonymousInode.Length..].Trim('[', ']');
        }

        if (target.StartsWith(Processes, StringComparison.Ordinal))
        {
            return "/proc file " + Path.GetFileName(target);
        }

        // Opened for the line numbers of an exception's stack trace, and kept by the runtime.
        if (target.EndsWith(".pdb", StringComparison.Ordinal))
        {
            return "symbol file";
        }

        return target.StartsWith('/') ? target : target.Split(':')[0];
    }
}
