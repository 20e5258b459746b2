using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Winsock.Interop;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Winsock;

/// <summary>The constants of the headers, written out here once more.</summary>
public sealed class ConstantTests
{
    [Fact]
    public void Invalid_handles()
    {
        Assert.Equal(0x0000_0000_FFFF_FFFFul, RioBuf.InvalidBufferId);
        Assert.Equal(0x0000_0000_FFFF_FFFFul, BufferId.Invalid.Value);
        Assert.Equal(0x0000_0000_FFFF_FFFFul, (ulong)RioBuf.From(new RioBuffer(BufferId.Invalid, 0, 1, 0)).BufferId);
        Assert.Equal(0, RioExtensionFunctionTable.InvalidCompletionQueue);
        Assert.Equal(0, RioExtensionFunctionTable.InvalidRequestQueue);
        Assert.Equal(-1, Ws2.InvalidSocket);
        Assert.Equal(-1, Kernel32.InvalidHandle);
    }

    [Fact]
    public void Limits_and_signs_of_completion_queues()
    {
        Assert.Equal(0xFFFF_FFFFu, RioExtensionFunctionTable.CorruptCompletionQueue);
        Assert.Equal(0x0800_0000, RioExtensionFunctionTable.MaxCompletionQueueSize);
        Assert.Equal(1, (int)RioNotificationType.Event);
        Assert.Equal(2, (int)RioNotificationType.Iocp);
    }

    [Fact]
    public void Flags_of_requests()
    {
        Assert.Equal(1u, (uint)RioMessageFlags.DoNotNotify);
        Assert.Equal(2u, (uint)RioMessageFlags.Defer);
        Assert.Equal(4u, (uint)RioMessageFlags.WaitAll);
        Assert.Equal(8u, (uint)RioMessageFlags.CommitOnly);
        Assert.Equal((int)RequestFlags.Defer, (int)RioMessageFlags.Defer);
    }

    [Fact]
    public void Names_of_the_extensions()
    {
        Assert.Equal(0xC800_0024u, Ws2.GetMultipleExtensionFunctionPointer);
        Assert.Equal(0xC800_0006u, Ws2.GetExtensionFunctionPointer);
        Assert.Equal(
            [0x81, 0xe0, 0x09, 0x85, 0xdd, 0x96, 0x05, 0x40, 0xb1, 0x65, 0x9e, 0x2e, 0xe8, 0xc7, 0x9e, 0x3f],
            ExtensionIds.MultipleRio.ToByteArray());
        Assert.Equal(
            [0xf1, 0x7d, 0x36, 0xb5, 0xac, 0xcb, 0xcf, 0x11, 0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92],
            ExtensionIds.AcceptEx.ToByteArray());
        Assert.Equal(
            [0xf2, 0x7d, 0x36, 0xb5, 0xac, 0xcb, 0xcf, 0x11, 0x95, 0xca, 0x00, 0x80, 0x5f, 0x48, 0xa1, 0x92],
            ExtensionIds.GetAcceptExSockaddrs.ToByteArray());
    }

    [Fact]
    public void Sockets_are_registered_overlapped_and_not_inherited()
        => Assert.Equal(0x181u, Ws2.FlagRegisteredIo | Ws2.FlagOverlapped | Ws2.FlagNoHandleInherit);

    [Fact]
    public void Families_and_options()
    {
        Assert.Equal((2, 23, 1, 6), (Ws2.AddressFamilyInet, Ws2.AddressFamilyInet6, Ws2.SocketStream, Ws2.ProtocolTcp));
        Assert.Equal((0xFFFF, 0x0080, 0x700B), (Ws2.LevelSocket, Ws2.OptionLinger, Ws2.OptionUpdateAcceptContext));
        Assert.Equal((1, 1), (Ws2.OptionNoDelay, Ws2.ShutdownSend));
    }

    [Theory]
    [InlineData(995, SocketError.OperationAborted)]
    [InlineData(10004, SocketError.Interrupted)]
    [InlineData(10014, SocketError.Fault)]
    [InlineData(10022, SocketError.InvalidArgument)]
    [InlineData(10053, SocketError.ConnectionAborted)]
    [InlineData(10054, SocketError.ConnectionReset)]
    [InlineData(10055, SocketError.NoBufferSpaceAvailable)]
    [InlineData(10058, SocketError.Shutdown)]
    [InlineData(10060, SocketError.TimedOut)]
    [InlineData(59, SocketError.NotConnected)]
    [InlineData(64, SocketError.ConnectionReset)]
    [InlineData(8, SocketError.NoBufferSpaceAvailable)]
    [InlineData(1450, SocketError.NoBufferSpaceAvailable)]
    [InlineData(1236, SocketError.ConnectionAborted)]
    [InlineData(121, SocketError.TimedOut)]
    public void Winsock_errors_pass_through_and_system_errors_are_mapped(int error, SocketError expected)
        => Assert.Equal(expected, ErrorCode.ToSocketError(error));
}
