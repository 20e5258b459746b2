using Kestrel.Transport.Rio.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class ParkingSlicesTests
{
    private const int SliceSize = 512;
    private const int PerBlock = RegisteredMemoryPool.BlockSize / SliceSize;

    [Fact]
    public void Slices_share_a_block_and_do_not_overlap()
    {
        using var fixture = new PoolFixture();
        var parking = new ParkingSlices(fixture.Pool, SliceSize);

        var slices = Take(parking, 2 * PerBlock);

        Assert.Equal(2, fixture.Pool.Counts.RentedBlocks);
        Assert.Equal(2 * PerBlock, parking.Taken);
        Assert.All(slices, slice => Assert.Equal((SliceSize, SliceSize), (slice.Buffer.Length, slice.Span.Length)));
        var starts = slices.Select(slice => slice.Buffer.Address).Order().ToArray();
        Assert.All(starts.Zip(starts.Skip(1)), pair => Assert.True(pair.Second - pair.First >= SliceSize));
        var (_, registered) = Assert.Single(fixture.Io.Registered);
        Assert.All(slices, slice => Assert.Equal(slice.Buffer.Address, registered.Address + slice.Buffer.Offset));
        ReturnAll(parking, slices);
    }

    [Fact]
    public void With_registration_by_block_each_slice_has_a_registration_to_itself()
    {
        using var fixture = new PoolFixture(granularity: RegistrationGranularity.Block);
        var parking = new ParkingSlices(fixture.Pool, SliceSize, RegistrationGranularity.Block);

        var slices = Take(parking, 5);

        Assert.Equal(5, fixture.Pool.Counts.RentedBlocks);
        Assert.Equal(5, slices.Select(slice => slice.Buffer.Id).Distinct().Count());
        Assert.All(slices, slice => Assert.Equal((0, SliceSize), (slice.Buffer.Offset, slice.Buffer.Length)));
        ReturnAll(parking, slices);
        parking.ReleaseSpare();
        Assert.Equal(0, fixture.Pool.Counts.RentedBlocks);
    }

    [Fact]
    public unsafe void A_slices_bytes_are_those_at_its_address()
    {
        using var fixture = new PoolFixture();
        var parking = new ParkingSlices(fixture.Pool, SliceSize);
        var slices = Take(parking, 3);

        new Span<byte>((void*)slices[1].Buffer.Address, SliceSize).Fill(7);

        Assert.Equal(-1, slices[1].Span.IndexOfAnyExcept((byte)7));
        Assert.Equal(-1, slices[2].Span.IndexOf((byte)7));
        ReturnAll(parking, slices);
    }

    [Fact]
    public void Block_without_slices_is_returned_except_one()
    {
        using var fixture = new PoolFixture();
        var parking = new ParkingSlices(fixture.Pool, SliceSize);
        var slices = Take(parking, 3 * PerBlock);
        Assert.Equal(3, fixture.Pool.Counts.RentedBlocks);

        slices.ForEach(slice => parking.Return(slice));

        Assert.Equal((0, 1L), (parking.Taken, fixture.Pool.Counts.RentedBlocks));
        parking.ReleaseSpare();
        Assert.Equal(0, fixture.Pool.Counts.RentedBlocks);
    }

    [Fact]
    public void A_slice_that_came_back_is_taken_before_another_block()
    {
        using var fixture = new PoolFixture();
        var parking = new ParkingSlices(fixture.Pool, SliceSize);
        var slices = Take(parking, PerBlock);

        parking.Return(slices[3]);
        Assert.True(parking.TryTake(out var again));

        Assert.Equal(slices[3].Buffer, again.Buffer);
        Assert.Equal(1, fixture.Pool.Counts.RentedBlocks);
        ReturnAll(parking, slices);
    }

    [Fact]
    public void A_slice_cannot_come_back_twice()
    {
        using var fixture = new PoolFixture();
        var parking = new ParkingSlices(fixture.Pool, SliceSize);
        var slices = Take(parking, 2);
        parking.Return(slices[0]);

        Assert.Throws<InvalidOperationException>(() => parking.Return(slices[0]));

        ReturnAll(parking, [slices[1]]);
    }

    [Fact]
    public void At_the_pools_limit_there_is_none()
    {
        using var fixture = new PoolFixture(acceptsUnregistered: false, limit: PoolFixture.SlabSize);
        var parking = new ParkingSlices(fixture.Pool, SliceSize);
        var blocks = fixture.Rent(PoolFixture.SlabBlocks);

        Assert.False(parking.TryTake(out var slice));

        Assert.Null(slice.Block);
        PoolFixture.Return(blocks);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(192)]
    [InlineData(2048)]
    [InlineData(4096)]
    public void Every_size_fills_a_block_as_far_as_whole_slices_go(int size)
    {
        using var fixture = new PoolFixture();
        var parking = new ParkingSlices(fixture.Pool, size);

        var slices = Take(parking, (RegisteredMemoryPool.BlockSize / size) + 1);

        Assert.Equal(2, fixture.Pool.Counts.RentedBlocks);
        Assert.Equal(slices.Count, slices.Select(slice => slice.Buffer.Address).Distinct().Count());
        ReturnAll(parking, slices);
    }

    private static List<ParkingSlice> Take(ParkingSlices parking, int count)
    {
        var slices = new List<ParkingSlice>();
        for (var i = 0; i < count; i++)
        {
            Assert.True(parking.TryTake(out var slice));
            slices.Add(slice);
        }

        return slices;
    }

    private static void ReturnAll(ParkingSlices parking, List<ParkingSlice> slices)
    {
        slices.ForEach(slice => parking.Return(slice));
        parking.ReleaseSpare();
    }
}
