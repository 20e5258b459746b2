using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Winsock.Interop;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Winsock;

/// <summary>
/// Sizes and offsets on a 64-bit Windows, from the headers. They do not depend on the machine, so they are looked at on every
/// one.
/// </summary>
public sealed unsafe class LayoutTests
{
    [Fact]
    public void RIO_BUF()
    {
        RioBuf value;
        Assert.Equal(16, sizeof(RioBuf));
        AssertField(&value, &value.BufferId, sizeof(nuint), offset: 0, size: 8);
        AssertField(&value, &value.Offset, sizeof(uint), offset: 8, size: 4);
        AssertField(&value, &value.Length, sizeof(uint), offset: 12, size: 4);
    }

    [Fact]
    public void RIO_BUF_is_made_of_a_slice()
    {
        var value = RioBuf.From(new RioBuffer(new BufferId(0x1_0000_0002), 0x7FFF_FFFE, 5, Address: 9));

        Assert.Equal((0x1_0000_0002, 0x7FFF_FFFEu, 5u), ((long)value.BufferId, value.Offset, value.Length));
    }

    [Fact]
    public void RIORESULT_is_the_contracts_result_field_by_field()
    {
        // The properties have no address; so the bytes are laid down and read back.
        var bytes = new byte[24];
        Assert.Equal(bytes.Length, sizeof(RioResult));
        BitConverter.TryWriteBytes(bytes.AsSpan(0), 10054);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), 0x8000_0001u);
        BitConverter.TryWriteBytes(bytes.AsSpan(8), 0x8123_4567_89AB_CDEFul);
        BitConverter.TryWriteBytes(bytes.AsSpan(16), ulong.MaxValue - 1);

        var value = Unsafe.ReadUnaligned<RioResult>(ref bytes[0]);

        Assert.Equal(
            new RioResult(SocketError.ConnectionReset, 0x8000_0001u, 0x8123_4567_89AB_CDEFul, ulong.MaxValue - 1), value);
    }

    [Fact]
    public void RIO_NOTIFICATION_COMPLETION()
    {
        RioNotificationCompletion value;
        Assert.Equal(32, sizeof(RioNotificationCompletion));
        AssertField(&value, &value.Type, sizeof(RioNotificationType), offset: 0, size: 4);
        AssertField(&value, &value.EventHandle, sizeof(nint), offset: 8, size: 8);
        AssertField(&value, &value.NotifyReset, sizeof(int), offset: 16, size: 4);
        AssertField(&value, &value.IocpHandle, sizeof(nint), offset: 8, size: 8);
        AssertField(&value, &value.CompletionKey, sizeof(nint), offset: 16, size: 8);
        AssertField(&value, &value.Overlapped, sizeof(nint), offset: 24, size: 8);
    }

    [Fact]
    public void RIO_EXTENSION_FUNCTION_TABLE()
    {
        RioExtensionFunctionTable value;
        Assert.Equal(112, sizeof(RioExtensionFunctionTable));
        AssertField(&value, &value.Size, sizeof(uint), offset: 0, size: 4);
        void*[] functions =
        [
            &value.Receive, &value.ReceiveEx, &value.Send, &value.SendEx, &value.CloseCompletionQueue, &value.CreateCompletionQueue,
            &value.CreateRequestQueue, &value.DequeueCompletion, &value.DeregisterBuffer, &value.Notify, &value.RegisterBuffer,
            &value.ResizeCompletionQueue, &value.ResizeRequestQueue,
        ];
        Assert.Equal(13, functions.Length);
        for (var i = 0; i < functions.Length; i++)
        {
            AssertField(&value, functions[i], sizeof(void*), offset: 8 + (8 * i), size: 8);
        }
    }

    [Fact]
    public void RIO_CMSG_BUFFER()
    {
        RioCmsgBuffer value;
        Assert.Equal(4, sizeof(RioCmsgBuffer));
        AssertField(&value, &value.TotalLength, sizeof(uint), offset: 0, size: 4);
    }

    [Fact]
    public void OVERLAPPED()
    {
        OverlappedBlock value;
        Assert.Equal(32, sizeof(OverlappedBlock));
        AssertField(&value, &value.Internal, sizeof(nint), offset: 0, size: 8);
        AssertField(&value, &value.InternalHigh, sizeof(nint), offset: 8, size: 8);
        AssertField(&value, &value.Offset, sizeof(uint), offset: 16, size: 4);
        AssertField(&value, &value.OffsetHigh, sizeof(uint), offset: 20, size: 4);
        AssertField(&value, &value.EventHandle, sizeof(nint), offset: 24, size: 8);
    }

    [Fact]
    public void OVERLAPPED_ENTRY()
    {
        OverlappedEntry value;
        Assert.Equal(32, sizeof(OverlappedEntry));
        AssertField(&value, &value.CompletionKey, sizeof(nint), offset: 0, size: 8);
        AssertField(&value, &value.Overlapped, sizeof(OverlappedBlock*), offset: 8, size: 8);
        AssertField(&value, &value.Internal, sizeof(nint), offset: 16, size: 8);
        AssertField(&value, &value.BytesTransferred, sizeof(uint), offset: 24, size: 4);
    }

    [Fact]
    public void Linger_is_two_shorts()
    {
        Linger value;
        Assert.Equal(4, sizeof(Linger));
        AssertField(&value, &value.OnOff, sizeof(ushort), offset: 0, size: 2);
        AssertField(&value, &value.Seconds, sizeof(ushort), offset: 2, size: 2);
    }

    private static void AssertField(void* start, void* field, int actualSize, int offset, int size)
        => Assert.Equal((offset, size), ((int)((byte*)field - (byte*)start), actualSize));
}
