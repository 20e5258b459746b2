using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary><c>struct ifreq</c> (linux/if.h) with what of its union is needed here, a <c>struct sockaddr_in</c> among it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 40)]
internal unsafe struct InterfaceRequest
{
    public const int NameLength = 16;

    [FieldOffset(0)]
    public fixed byte Name[NameLength];

    [FieldOffset(16)]
    public short Flags;

    [FieldOffset(16)]
    public int Number;

    [FieldOffset(16)]
    public ushort AddressFamily;

    [FieldOffset(20)]
    public uint Address;
}
