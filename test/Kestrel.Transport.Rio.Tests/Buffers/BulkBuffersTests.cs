using Kestrel.Transport.Rio.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class BulkBuffersTests
{
    private readonly BulkBuffers _bulk = new(SystemMemory.Instance, returned: null, NullLogger.Instance);

    [Fact]
    public void There_are_only_a_few_and_they_are_used_again()
    {
        var taken = Enumerable.Range(0, BulkBuffers.MaxBuffers).Select(_ => Take()).ToArray();
        Assert.False(_bulk.TryTake(out _));
        Assert.Equal(BulkBuffers.MaxBuffers, _bulk.Taken);

        _bulk.Return(taken[3]);

        Assert.Equal(taken[3], Take());
        Array.ForEach(taken, _bulk.Return);
        _bulk.ReleaseSpare();
        Assert.Equal(0, _bulk.Taken);
    }

    [Fact]
    public void What_was_given_back_to_the_system_is_made_anew()
    {
        _bulk.Return(Take());
        _bulk.ReleaseSpare();

        var taken = Enumerable.Range(0, BulkBuffers.MaxBuffers).Select(_ => Take()).ToArray();

        Array.ForEach(taken, _bulk.Return);
        _bulk.ReleaseSpare();
    }

    [Fact]
    public void What_is_in_use_when_the_queue_is_lost_is_never_used_again()
    {
        var buffer = Take();
        _bulk.OnQueueLost();

        _bulk.Return(buffer);

        Assert.Equal(1, _bulk.Taken);
        Assert.NotEqual(buffer, Take());
    }

    private nint Take()
    {
        Assert.True(_bulk.TryTake(out var buffer));
        return buffer;
    }
}
