using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.IoUring.Interop;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

/// <summary>
/// What a kernel may say of an accept, and this one hardly ever does: it is said in its place. Nothing is submitted, so that it has no part.
/// </summary>
public sealed class AcceptErrorTests
{
    private const ulong Context = 7;

    public AcceptErrorTests() => Assert.SkipWhen(IoUringMachine.WhyUnavailable is not null, IoUringMachine.WhyUnavailable ?? "");

    [Theory]
    [InlineData(Errno.TooManyFiles, SocketError.TooManyOpenSockets)]
    [InlineData(Errno.TooManyFilesInSystem, SocketError.TooManyOpenSockets)]
    [InlineData(Errno.NoBufferSpace, SocketError.NoBufferSpaceAvailable)]
    [InlineData(Errno.OutOfMemory, SocketError.NoBufferSpaceAvailable)]
    [InlineData(Errno.ConnectionAborted, SocketError.ConnectionAborted)]
    [InlineData(Errno.Protocol, SocketError.ConnectionAborted)]
    [InlineData(Errno.Permission, SocketError.AccessDenied)]
    [InlineData(Errno.NetworkDown, SocketError.NetworkDown)]
    public void Accept_error_is_reported_once_and_disarms(int errno, SocketError expected)
    {
        using var io = new IoUringIo();
        using var listenSocket = ProviderFixture.Listen();
        var queue = (IoUringCompletionQueue)io.CreateCompletionQueue(64);
        var accepts = new IoUringAcceptQueue(queue, listenSocket, Context);
        accepts.Arm();

        Say(queue, accepts, -errno);

        AssertEndsWith(expected, queue, accepts);
    }

        [Fact]
    public void Accept_interrupted_by_a_signal_goes_on()
    {
        using var io = new IoUringIo();
        using var listenSocket = ProviderFixture.Listen();
        var queue = (IoUringCompletionQueue)io.CreateCompletionQueue(64);
        var accepts = new IoUringAcceptQueue(queue, listenSocket, Context);
        accepts.Arm();

        Say(queue, accepts, -Errno.Interrupted);

        Assert.Equal(0, queue.Dequeue(new RioResult[1]));
        Assert.True(accepts.IsArmed);
        Say(queue, accepts, -Errno.TooManyFiles);
        AssertEndsWith(SocketError.TooManyOpenSockets, queue, accepts);
    }

    [Fact]
    public void Descriptor_of_the_reserve_is_given_out_and_ends_the_accepts()
    {
        const int Max = 1_000_000;
        using var io = new IoUringIo();
        using var listenSocket = ProviderFixture.Listen();
        var queue = (IoUringCompletionQueue)io.CreateCompletionQueue(64);
        var accepts = new IoUringAcceptQueue(queue, listenSocket, Context, Max);
        accepts.Arm();

        Say(queue, accepts, Max - 17);
        Assert.True(accepts.IsArmed);
        Say(queue, accepts, Max - 16);

        var results = new RioResult[2];
        Assert.Equal(2, queue.Dequeue(results));
        Assert.Equal([(ulong)Max - 17, Max - 16], results.Select(static result => result.RequestContext));
        AssertEndsWith(SocketError.TooManyOpenSockets, queue, accepts);
    }

    [Fact]
    public void Arm_with_only_the_reserve_left_fails()
    {
        using var io = new IoUringIo();
        using var listenSocket = ProviderFixture.Listen();
        var queue = (IoUringCompletionQueue)io.CreateCompletionQueue(64);
        var accepts = new IoUringAcceptQueue(queue, listenSocket, Context, maxDescriptors: 0);

        accepts.Arm();

        AssertEndsWith(SocketError.TooManyOpenSockets, queue, accepts);
    }

    private static void Say(IoUringCompletionQueue queue, IoUringAcceptQueue accepts, int result)
    {
        var overflow = new Queue<(RioResult Result, ICompletionSource Source)>();
        var sink = new ResultSink([], overflow);
        accepts.OnSocketAccepted(result, remoteEndPoint: null, ref sink);
        while (overflow.TryDequeue(out var completion))
        {
            queue.Complete(completion.Result, completion.Source);
        }
    }

    private static void AssertEndsWith(SocketError expected, IoUringCompletionQueue queue, IoUringAcceptQueue accepts)
    {
        var results = new RioResult[2];
        Assert.Equal(1, queue.Dequeue(results));
        Assert.Equal(new RioResult(expected, 0, Context, 0), results[0]);
        Assert.False(accepts.IsArmed);
        accepts.Close();
        Assert.Equal(0, queue.Outstanding);
        queue.Dispose();
    }
}
