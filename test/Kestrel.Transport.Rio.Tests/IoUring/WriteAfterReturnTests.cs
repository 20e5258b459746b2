using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

/// <summary>
/// The kernel itself writes to memory that was given back while a receive was outstanding. The transport never does this, and the
/// verifier would not let it: here nothing is between the pool and the ring.
/// </summary>
public sealed class WriteAfterReturnTests
{
    private const int SlabBlocks = 16;
    private const int SlabSize = SlabBlocks * RegisteredMemoryPool.BlockSize;
    private const int At = 1234;

    private static readonly byte[] s_bytes = [1, 2, 3];

    private readonly ListLogger _logger = new();

    public WriteAfterReturnTests() => Assert.SkipWhen(IoUringMachine.WhyUnavailable is not null, IoUringMachine.WhyUnavailable ?? "");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Block_written_after_its_return_is_reported_and_retired(bool isAttached)
    {
        using var io = new IoUringIo();
        using var pool = CreatePool(io);
        using var attachment = isAttached ? pool.AttachToCurrentThread() : null;
        var block = pool.Rent();
        Assert.True(pool.TryGetBuffer(block.Memory[At..], out var buffer, BlockUse.Receive));

        ReceiveAfterReturn(io, buffer, block.Dispose);

        Assert.DoesNotContain(_logger.Entries, static entry => entry.Level == LogLevel.Critical);
        var others = Enumerable.Range(0, SlabBlocks).Select(_ => pool.Rent()).ToArray();
        Assert.DoesNotContain(block, others);
        var text = TextOf("BlockWrittenAfterReturn");
        Assert.Contains($"0x{block.Address:x} (slab 0, offset {block.Address - block.Slab!.Address})", text, StringComparison.Ordinal);
        Assert.Contains($"at byte {At} (the last one: {At + s_bytes.Length - 1})", text, StringComparison.Ordinal);
        Assert.Contains("a receive", text, StringComparison.Ordinal);
        PoolFixture.Return(others);
    }

    [Fact]
    public void Bulk_buffer_written_after_its_return_is_reported_and_retired()
    {
        using var io = new IoUringIo();
        using var pool = CreatePool(io);
        var buffers = pool.CreateBulkBuffers();
        Assert.True(buffers.TryTake(out var buffer));

        ReceiveAfterReturn(
            io, new RioBuffer(BufferId.Invalid, Offset: 0, BulkBuffers.Size - At, buffer + At), () => buffers.Return(buffer));

        Assert.True(buffers.TryTake(out var other));
        Assert.NotEqual(buffer, other);
        var text = TextOf("BulkBufferWrittenAfterReturn");
        Assert.Contains($"0x{buffer:x} ", text, StringComparison.Ordinal);
        Assert.Contains($"at byte {At} (the last one: {At + s_bytes.Length - 1})", text, StringComparison.Ordinal);
        buffers.Return(other);
        buffers.ReleaseSpare();
    }

    private RegisteredMemoryPool CreatePool(IoUringIo io)
        => new(io, SlabSize, maxRegisteredMemory: null, meterFactory: null, _logger, returnedMemory: ReturnedMemory.Checked);

    /// <summary>Posts a receive, gives its memory back, and has the peer send only then.</summary>
    private static void ReceiveAfterReturn(IoUringIo io, in RioBuffer buffer, Action giveBack)
    {
        using var queue = io.CreateCompletionQueue(capacity: 64);
        using var peer = new IoUringFixture().Connect(out var accepted);
        Assert.Equal(SocketError.Success, queue.CreateRequestQueue(accepted, 1, maxReceives: 1, maxSends: 1, out var requestQueue));
        Assert.Equal(SocketError.Success, requestQueue!.Receive(buffer, requestContext: 1));
        queue.Submit();

        giveBack();
        peer.Write(s_bytes);

        var result = Assert.Single(Take(queue, () => queue.Outstanding == 0));
        Assert.Equal((SocketError.Success, (uint)s_bytes.Length), (result.Status, result.BytesTransferred));
        requestQueue.Close(CloseMode.Abortive);
        Take(queue, () => queue.Outstanding == 0);
    }

    private static List<RioResult> Take(CompletionQueue queue, Func<bool> condition)
    {
        var taken = new List<RioResult>();
        var results = new RioResult[8];
        var deadline = new Deadline();
        while (!condition())
        {
            Assert.False(deadline.IsOver, "The ring has not drained.");
            queue.Wait(TimeSpan.FromMilliseconds(1));
            taken.AddRange(results.AsSpan(0, queue.Dequeue(results)));
        }

        return taken;
    }

    private string TextOf(string name)
    {
        var entry = Assert.Single(_logger.Entries, static entry => entry.Level == LogLevel.Critical);
        Assert.Equal(name, entry.Id.Name);
        return entry.Text;
    }
}
