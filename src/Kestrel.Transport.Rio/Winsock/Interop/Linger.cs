using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary><c>struct linger</c> (winsock2.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Linger
{
    public ushort OnOff;
    public ushort Seconds;
}
