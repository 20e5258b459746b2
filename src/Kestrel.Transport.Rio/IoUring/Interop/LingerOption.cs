using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.IoUring.Interop;

/// <summary><c>struct linger</c> (sys/socket.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LingerOption
{
    public int OnOff;
    public int Seconds;
}
