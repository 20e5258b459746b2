using System.Buffers.Binary;

namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary>
/// What a router answers with when a packet does not fit on the next stretch and must not be cut (RFC 792, RFC 1191): senders find
/// the MTU of the way by it.
/// </summary>
internal static class FragmentationNeeded
{
    private const int InternetHeader = 20;
    private const int IcmpHeader = 8;
    private const int Quoted = 8;
    private const int SourceAt = 12;
    private const int DestinationAt = 16;
    private const int AddressLength = 4;
    private const byte IcmpProtocol = 1;

    /// <summary>The answer to an IPv4 packet, in the name of the one it was for.</summary>
    public static byte[] To(ReadOnlySpan<byte> packet, int mtu)
    {
        var quoted = packet[..(((packet[0] & 0x0F) * 4) + Quoted)];
        var answer = new byte[InternetHeader + IcmpHeader + quoted.Length];

        var header = answer.AsSpan(0, InternetHeader);
        header[0] = 0x45; // version 4, 5 words
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)answer.Length);
        header[8] = 64; // hops
        header[9] = IcmpProtocol;
        packet.Slice(DestinationAt, AddressLength).CopyTo(header[SourceAt..]);
        packet.Slice(SourceAt, AddressLength).CopyTo(header[DestinationAt..]);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], Checksum(header));

        var message = answer.AsSpan(InternetHeader);
        message[0] = 3; // destination unreachable
        message[1] = 4; // fragmentation needed
        BinaryPrimitives.WriteUInt16BigEndian(message[6..], (ushort)mtu);
        quoted.CopyTo(message[IcmpHeader..]);
        BinaryPrimitives.WriteUInt16BigEndian(message[2..], Checksum(message));
        return answer;
    }

    /// <summary>The internet checksum (RFC 1071) of an even number of bytes.</summary>
    private static ushort Checksum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0u;
        for (; !bytes.IsEmpty; bytes = bytes[2..])
        {
            sum += BinaryPrimitives.ReadUInt16BigEndian(bytes);
        }

        while (sum > ushort.MaxValue)
        {
            sum = (sum & ushort.MaxValue) + (sum >> 16);
        }

        return (ushort)~sum;
    }
}
