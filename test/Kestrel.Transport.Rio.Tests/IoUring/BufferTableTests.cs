using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

public sealed class BufferTableTests
{
    public BufferTableTests() => Assert.SkipWhen(IoUringMachine.WhyUnavailable is not null, IoUringMachine.WhyUnavailable ?? "");

    /// <summary>Without a ring, so that the limit of locked memory has no part in it.</summary>
    [Fact]
    public void Registration_without_a_free_entry_differs_from_lack_of_memory()
    {
        using var io = new IoUringIo();
        for (var i = 0; i < IoUringIo.BufferTableSize; i++)
        {
            Assert.Equal(SocketError.Success, io.RegisterBuffer(4096, 4096, out _));
        }

        Assert.Equal(CompletionQueue.TooManyReferences, io.RegisterBuffer(4096, 4096, out _));

        io.DeregisterBuffer(new BufferId(7));
        Assert.Equal(SocketError.Success, io.RegisterBuffer(4096, 4096, out var id));
        Assert.Equal(new BufferId(7), id);
    }
}
