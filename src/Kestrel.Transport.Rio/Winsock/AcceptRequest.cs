using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>The memory that must not move while an AcceptEx is under way. The kernel returns the address of its head.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AcceptRequest
{
    /// <summary>Each of the two addresses in the output needs 16 bytes more than the longest address (AcceptEx, mswsock.h).</summary>
    public const int AddressLength = 128 + 16;

    public OverlappedBlock Overlapped;

    /// <summary>Leads to the <see cref="AcceptSlot"/>.</summary>
    public ulong Key;

    public Addresses Output;

    [InlineArray(2 * AddressLength)]
    public struct Addresses
    {
        private byte _first;
    }
}
