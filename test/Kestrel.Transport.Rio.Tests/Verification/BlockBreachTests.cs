using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Verification;

public sealed class BlockBreachTests : BreachTest
{
    private const int BlockSize = 1024;

    private nint Block => Memory.All.Address;

    [Fact]
    public void Block_returned_before_its_completion_is_caught()
    {
        Io.OnRented(Block, BlockSize);
        Requests.Send(Memory.Slice(100, 10), requestContext: 1);
        Completions.Submit();

        AssertBreach(LifecycleRule.NoBlockReturnedDuringARequest, () => Io.OnReturned(Block, BlockSize));
    }

    [Fact]
    public void Block_returned_after_its_completion_is_no_breach()
    {
        Io.OnRented(Block, BlockSize);
        Requests.Send(Memory.Slice(100, 10), requestContext: 1);
        Assert.Single(Take());

        Io.OnReturned(Block, BlockSize);

        Assert.Empty(Io.Record.Breaches);
    }

    [Fact]
    public void A_block_that_is_returned_twice_is_caught()
    {
        Io.OnRented(Block, BlockSize);
        Io.OnReturned(Block, BlockSize);

        AssertBreach(LifecycleRule.NoBlockReturnedTwice, () => Io.OnReturned(Block, BlockSize));
    }

    [Fact]
    public void A_block_that_is_rented_twice_is_caught()
    {
        Io.OnRented(Block, BlockSize);

        AssertBreach(LifecycleRule.NoBlockRentedTwice, () => Io.OnRented(Block, BlockSize));
    }

    [Fact]
    public void Request_on_a_returned_block_is_caught()
    {
        Io.OnRented(Block, BlockSize);
        Io.OnReturned(Block, BlockSize);

        AssertBreach(
            LifecycleRule.NoRequestOnAReturnedBlock, () => Requests.Receive(Memory.Slice(0, BlockSize), requestContext: 1));
    }

    [Fact]
    public void A_request_that_reaches_into_a_neighbouring_block_is_caught()
    {
        Io.OnRented(Block, BlockSize);
        Io.OnRented(Block + BlockSize, BlockSize);
        Io.OnReturned(Block + BlockSize, BlockSize);

        AssertBreach(
            LifecycleRule.NoRequestOnAReturnedBlock,
            () => Requests.Receive(Memory.Slice(BlockSize - 1, 2), requestContext: 1));
    }

    [Fact]
    public void A_block_that_was_never_returned_is_left()
    {
        Io.OnRented(Block, BlockSize);

        AssertLeft(LifecycleRule.NoBlockLeftRented);
    }

    [Fact]
    public void Leftover_block_names_its_renter_where_that_is_recorded()
    {
        Io.Memory.TracesRents = true;
        Io.OnRented(Block, BlockSize);

        var left = Assert.Throws<LifecycleBreachException>(Io.AssertNothingLeft);
        Assert.Contains(nameof(Leftover_block_names_its_renter_where_that_is_recorded), left.Message, StringComparison.Ordinal);
        Io.OnReturned(Block, BlockSize);
    }

    [Fact]
    public void Leftovers_exclude_exactly_the_blocks_of_other_owners()
    {
        Io.OnRented(Block, BlockSize);
        Io.OnRented(Block + BlockSize, BlockSize);

        var tooMany = Assert.Throws<LifecycleBreachException>(() => Io.AssertNothingLeft(lostBlocks: 1));
        Assert.Contains(nameof(LifecycleRule.NoBlockLeftRented), tooMany.Message, StringComparison.Ordinal);
        var others = Record.Exception(() => Io.AssertNothingLeft(lostBlocks: 2));
        Assert.DoesNotContain(nameof(LifecycleRule.NoBlockLeftRented), others?.Message ?? "", StringComparison.Ordinal);
        Io.OnReturned(Block, BlockSize);
        Io.OnReturned(Block + BlockSize, BlockSize);
    }

    [Fact]
    public void Memory_that_was_registered_anew_is_no_longer_a_block()
    {
        Io.OnRented(Block, BlockSize);
        Io.OnReturned(Block, BlockSize);
        Memory.Deregister(Io);
        Memory.Register(Io);

        Requests.Receive(Memory.Slice(0, 10), requestContext: 1);

        Assert.Empty(Io.Record.Breaches);
    }
}
