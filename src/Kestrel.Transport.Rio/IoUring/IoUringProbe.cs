using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Kestrel.Transport.Rio.IoUring.Interop;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>
/// Makes a small ring to find out whether the kernel offers the io_uring features that are needed. It never asks for the version.
/// </summary>
internal static unsafe class IoUringProbe
{
    private const string DisabledSetting = "/proc/sys/kernel/io_uring_disabled";

    private const Features Needed = Features.SingleMmap | Features.NoDrop | Features.SubmitStable;

    /// <summary>True, or false with the reason and what the user can do about it.</summary>
    public static bool IsAvailable([NotNullWhen(false)] out string? reason)
    {
        var error = Ring.TryCreate(4, 8, out var ring, out var features);
        if (ring is null)
        {
            reason = Explain(error, ReadDisabledSetting());
            return false;
        }

        using (ring)
        {
            // A security policy may allow making rings and forbid their use.
            if (ring.TryEnter() is < 0 and var refusedEnter)
            {
                reason = Explain(-refusedEnter, disabledSetting: null, "io_uring_enter");
                return false;
            }

            // This opcode came with 6.1, the oldest supported kernel.
            if (!TryAsk(ring, Opcode.SendMessageZeroCopy, out var isSupported, out var refusedRegister))
            {
                reason = Explain(refusedRegister, disabledSetting: null, "io_uring_register");
                return false;
            }

            if ((features & Needed) != Needed || !isSupported)
            {
                reason = TooOld;
                return false;
            }
        }

        reason = null;
        return true;
    }

    /// <summary>The reason and the remedy for an errno of one of io_uring's calls.</summary>
    /// <param name="errno">The errno.</param>
    /// <param name="disabledSetting">The value of <c>kernel.io_uring_disabled</c>, or null where there is none.</param>
    /// <param name="call">The call.</param>
    public static string Explain(int errno, int? disabledSetting, string call = "io_uring_setup") => errno switch
    {
        Errno.NotImplemented =>
            $"{call} says ENOSYS: this kernel has no io_uring, or a seccomp filter hides it. "
            + "Run Linux 6.1 or later, and allow io_uring_setup, io_uring_enter and io_uring_register in the container's seccomp profile.",
        Errno.Permission when disabledSetting is > 0 =>
            $"{call} says EPERM: io_uring is switched off by kernel.io_uring_disabled={disabledSetting}. "
            + "Set it to 0 with sysctl"
            + (disabledSetting == 1 ? ", or add the user to the group of kernel.io_uring_group." : "."),
        Errno.Permission or Errno.AccessDenied =>
            $"{call} says EPERM: a security policy forbids io_uring, most likely the container's seccomp profile. "
            + "Allow io_uring_setup, io_uring_enter and io_uring_register in it.",
        Errno.OutOfMemory =>
            $"{call} says ENOMEM: the machine locks no more memory for this process. "
            + "Raise the locked-memory limit (ulimit -l, LimitMEMLOCK= of systemd) or grant CAP_IPC_LOCK.",
        Errno.TooManyFiles or Errno.TooManyFilesInSystem =>
            $"{call} found no free file descriptor. Raise the limit of open files (ulimit -n, LimitNOFILE= of systemd).",
        Errno.InvalidArgument => TooOld,
        _ => $"{call} failed with errno {errno}.",
    };

    private static string TooOld => "This kernel's io_uring lacks what is needed. Run Linux 6.1 or later.";

    /// <summary>False, with the errno, when the kernel does not answer. A kernel without this call is too old.</summary>
    private static bool TryAsk(Ring ring, Opcode opcode, out bool isSupported, out int errno)
    {
        // struct io_uring_probe: 16 bytes, then 8 for each opcode, of which the 3rd and 4th are its flags.
        const int HeaderSize = 16;
        const int EntrySize = 8;
        const int Entries = 256;
        const int FlagsOffset = 2;
        const ushort IsSupported = 1;

        var probe = stackalloc byte[HeaderSize + (Entries * EntrySize)];
        new Span<byte>(probe, HeaderSize + (Entries * EntrySize)).Clear();
        errno = -ring.Register(RegisterOpcode.Probe, probe, Entries);
        if (errno > 0)
        {
            isSupported = false;
            return errno == Errno.InvalidArgument;
        }

        var flags = *(ushort*)(probe + HeaderSize + ((int)opcode * EntrySize) + FlagsOffset);
        isSupported = (flags & IsSupported) != 0;
        return true;
    }

    private static int? ReadDisabledSetting()
    {
        try
        {
            return int.Parse(File.ReadAllText(DisabledSetting).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            // Kernels before 6.6 have no such setting, and /proc may be out of reach.
            return null;
        }
    }
}
