using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>What one AcceptEx needs to stay where it is while it is under way. The kernel gives back the address of its head.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct AcceptRequest
{
    /// <summary>Each of the two addresses in the output takes 16 bytes more than the longest (AcceptEx, mswsock.h).</summary>
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
