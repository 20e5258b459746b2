using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.WinsockTests;

/// <summary>
/// Wine is not Windows in everything; what it lacks is skipped by name, and here are the reasons. All were found with plain
/// Winsock calls, without registered I/O.
/// </summary>
internal static unsafe partial class Wine
{
    public const string MakesNoCertificate =
        "not on this machine: Wine makes no certificate (NTE_NOT_SUPPORTED from the key storage provider).";

    private const short PollOut = 0x0010;
    private const short PollError = 0x0001;

    public static bool IsHere { get; } = OperatingSystem.IsWindows()
        && NativeLibrary.TryLoad("ntdll.dll", out var ntdll)
        && NativeLibrary.TryGetExport(ntdll, "wine_get_version", out _);

    /// <summary>
    /// Whether a receive that has just given 0 bytes should have failed with a reset: Wine forgets one that no receive was
    /// waiting for, but the socket is in error all the same.
    /// </summary>
    public static bool ForgotReset(Socket socket)
    {
        if (!IsHere)
        {
            return false;
        }

        var poll = new PollDescriptor { Socket = socket.Handle, Events = PollOut };
        return Poll(&poll, 1, 0) > 0 && (poll.Returned & PollError) != 0;
    }

    [LibraryImport("ws2_32", EntryPoint = "WSAPoll")]
    private static partial int Poll(PollDescriptor* descriptors, uint count, int milliseconds);

    /// <summary><c>WSAPOLLFD</c> (winsock2.h)</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public nint Socket;
        public short Events;
        public short Returned;
    }
}
