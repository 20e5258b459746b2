using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary><c>OVERLAPPED_ENTRY</c> (minwinbase.h).</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OverlappedEntry
{
    public nint CompletionKey;
    public OverlappedBlock* Overlapped;
    public nint Internal;
    public uint BytesTransferred;
}
