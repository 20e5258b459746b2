using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

/// <summary>What is readable is known from edges, which come once: a receive that leaves something behind must find it again.</summary>
public sealed class ReadinessTests
{
    private const ulong AcceptContext = 77;

    public ReadinessTests() => Assert.SkipWhen(IoUringMachine.WhyUnavailable is not null, IoUringMachine.WhyUnavailable ?? "");

    /// <summary>TCP ends a receive at the mark of urgent data (tcp_recvmsg of the kernel's net/ipv4/tcp.c).</summary>
    [Fact]
    public void Data_behind_urgent_data_end_the_next_wait()
    {
        using var bench = new Bench(new IoUringFixture());
        using var listenSocket = ProviderFixture.Listen();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        client.Connect(listenSocket.LocalEndPoint!);
        var link = bench.Main.Own(bench.Fixture.Accept(listenSocket), new SocketRemoteEnd(client));
        client.Send("a"u8);
        client.Send("!"u8, SocketFlags.OutOfBand);
        client.Send("b"u8);
        bench.Main.Fence();

        Assert.Equal("ab"u8, Receive(bench, link, 2));
    }

    /// <summary>A receive ends behind a message that descriptors came with (unix_stream_read_generic of net/unix/af_unix.c).</summary>
    [Fact]
    public void Data_behind_descriptors_end_the_next_wait()
    {
        using var bench = new Bench(new IoUringFixture());
        var path = Path.Combine(Path.GetTempPath(), $"rio-{Guid.NewGuid():N}.sock");
        using var listenSocket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listenSocket.Bind(new UnixDomainSocketEndPoint(path));
        listenSocket.Listen();
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(path));
        File.Delete(path);
        var link = bench.Main.Own(bench.Fixture.Accept(listenSocket), new SocketRemoteEnd(client));
        SendWithDescriptor(client, (byte)'a');
        client.Send("b"u8);
        bench.Main.Fence();

        Assert.Equal("ab"u8, Receive(bench, link, 2));
    }

    /// <summary>It would be followed by a receive, whose memory an idle connection then holds.</summary>
    [Fact]
    public void Receive_filled_by_all_data_leaves_the_next_wait_pending()
    {
        using var bench = new Bench(new IoUringFixture());
        var link = bench.Main.Connect();
        var memory = bench.Allocate(4096);
        for (var i = 0UL; i < 20; i += 2)
        {
            link.Queue.WaitForData(i);
            bench.Main.Fence();
            Assert.Empty(bench.Main.CompletionsOf(link, i));
            link.Peer.Write([1, 2, 3]);
            bench.Main.CompletionOf(link, i);
            link.Queue.Receive(memory.Slice(0, 3), i + 1);
            Assert.Equal(3u, bench.Main.CompletionOf(link, i + 1).BytesTransferred);
        }
    }

    [Fact]
    public void Fin_that_came_with_the_data_ends_the_next_wait()
    {
        using var bench = new Bench(new IoUringFixture());
        var link = bench.Main.Connect();
        link.Peer.Write([1]);
        link.Peer.Finish();
        bench.Main.Fence();
        var memory = bench.Allocate(4096);

        link.Queue.WaitForData(1);
        bench.Main.CompletionOf(link, 1);
        link.Queue.Receive(memory.All, 2);
        Assert.Equal(1u, bench.Main.CompletionOf(link, 2).BytesTransferred);
        link.Queue.WaitForData(3);
        bench.Main.CompletionOf(link, 3);
        link.Queue.Receive(memory.All, 4);
        var end = bench.Main.CompletionOf(link, 4);
        Assert.Equal((SocketError.Success, 0u), (end.Status, end.BytesTransferred));
    }

    /// <summary>A receive that waits in the ring keeps the socket open behind its close, and needs the thread that submitted it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Receive_on_an_empty_socket_ends_with_the_close(bool isRegistered)
    {
        using var bench = new Bench(new IoUringFixture());
        var link = bench.Main.Connect();
        var memory = bench.Allocate(4096, isRegistered);
        link.Peer.Write([1]);
        link.Queue.WaitForData(1);
        bench.Main.CompletionOf(link, 1);
        link.Queue.Socket.Blocking = false;
        Assert.Equal(1, link.Queue.Socket.Receive(new byte[1]));

        link.Queue.Receive(memory.All, 2);
        bench.Main.Fence();
        Assert.Empty(bench.Main.CompletionsOf(link, 2));
        link.Queue.Close(CloseMode.Abortive);

        Assert.Equal(SocketError.OperationAborted, bench.Main.CompletionOf(link, 2).Status);
        link.Peer.StartReading();
        bench.Main.RunUntil(() => link.Peer.ResetReceived, "the reset");
    }

    /// <summary>
    /// Sockets read without a wait from Linux 6.5 on only. This file never does, and says that it is readable: that the receive says
    /// it is no socket shows that it was tried the other way.
    /// </summary>
    [Fact]
    public void Receive_uses_another_operation_where_registered_memory_would_wait()
    {
        using var bench = new Bench(new IoUringFixture());
        using var file = File.OpenHandle("/proc/self/mounts");
        var number = LibC.Control((int)file.DangerousGetHandle(), LibC.DuplicateCloseOnExec, 0);
        var peer = bench.Connect(out var other);
        bench.Io.Discard(other);
        var link = bench.Main.Own(new AcceptedSocket(number, Socket: null, RemoteEndPoint: null), peer);
        var memory = bench.Allocate(4096);

        link.Queue.Receive(memory.All, 1);

        Assert.Equal(SocketError.NotSocket, bench.Main.CompletionOf(link, 1).Status);
    }

    /// <summary>Timestamps of sent data lie in the error queue of a socket (timestamping of the kernel's Documentation/networking).</summary>
    [Fact]
    public void Socket_with_a_harmless_error_lets_the_poller_sleep()
    {
        const int SocketLevel = 1;
        const int Timestamping = 37;
        const int SoftwareOfSends = 0x12;
        using var bench = new Bench(new IoUringFixture());
        var link = bench.Main.Connect();
        var memory = bench.Allocate(4096);
        link.Queue.Socket.SetRawSocketOption(SocketLevel, Timestamping, BitConverter.GetBytes(SoftwareOfSends));
        link.Queue.Receive(memory.All, 1);
        link.Queue.Socket.Blocking = false;
        Assert.Equal(1, link.Queue.Socket.Send([1]));
        Assert.True(link.Queue.Socket.Poll(TimeSpan.FromSeconds(5), SelectMode.SelectError));
        bench.Main.Fence();

        bench.Main.RunUntil(() => bench.Main.Queue.Wait(TimeSpan.FromMilliseconds(1)), "a sleep");
        link.Peer.Write([1, 2]);
        Assert.Equal(2u, bench.Main.CompletionOf(link, 1).BytesTransferred);
    }

    /// <summary>The application may dispose the socket that it gave, and the number is then given to the next one.</summary>
    [Fact]
    public void Accepts_stay_with_a_listening_socket_whose_handle_is_reused()
    {
        using var bench = new Bench(new IoUringFixture());
        var listenSocket = ProviderFixture.Listen();
        var endPoint = listenSocket.LocalEndPoint!;
        var number = listenSocket.SafeHandle.DangerousGetHandle();
        var accepts = bench.Main.Queue.CreateAcceptQueue(listenSocket, AcceptContext);
        accepts.Arm();
        bench.Main.Pass();

        listenSocket.Dispose();
        var others = new List<Socket> { ProviderFixture.Listen() };
        while (others[^1].SafeHandle.DangerousGetHandle() != number)
        {
            Assert.InRange(others.Count, 1, 1000);
            others.Add(ProviderFixture.Listen());
        }

        using var ofOther = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        ofOther.Connect(others[^1].LocalEndPoint!);
        using var ofOurs = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        ofOurs.Connect(endPoint);
        bench.Main.RunUntil(() => bench.Main.Seen.Exists(static result => result.SocketContext == AcceptContext), "the accept");
        bench.Main.Fence();

        var accepted = accepts.TakeAccepted(Assert.Single(bench.Main.Seen, static result => result.SocketContext == AcceptContext));
        Assert.Equal(ofOurs.LocalEndPoint, accepted.RemoteEndPoint);
        bench.Io.Discard(accepted);
        accepts.Close();
        bench.Main.RunUntil(() => !accepts.IsArmed, "the end of the accepts");
        others.ForEach(static other => other.Dispose());
    }

    /// <summary>Waits as a connection does, and receives the data that ended the wait.</summary>
    private static byte[] Receive(Bench bench, Link link, int count)
    {
        var memory = bench.Allocate(4096);
        var received = new List<byte>();
        for (var i = 0UL; received.Count < count; i += 2)
        {
            link.Queue.WaitForData(i);
            bench.Main.CompletionOf(link, i);
            link.Queue.Receive(memory.All, i + 1);
            received.AddRange(memory.Span[..(int)bench.Main.CompletionOf(link, i + 1).BytesTransferred]);
        }

        return [.. received];
    }

    /// <summary>One byte, with standard input (SCM_RIGHTS of unix(7)).</summary>
    private static unsafe void SendWithDescriptor(Socket socket, byte data)
    {
        const int HeaderLength = 16;
        const int SocketLevel = 1;
        const int Rights = 1;
        var control = stackalloc byte[24];
        *(nuint*)control = HeaderLength + sizeof(int);
        *(int*)(control + 8) = SocketLevel;
        *(int*)(control + 12) = Rights;
        *(int*)(control + HeaderLength) = 0;
        var vector = new IoVector { Base = (nint)(&data), Length = 1 };
        var message = new MessageHeader { Vectors = &vector, VectorCount = 1, Control = (nint)control, ControlLength = 24 };
        Assert.Equal(1, LibC.SendMessage((int)socket.SafeHandle.DangerousGetHandle(), &message, 0));
    }
}
