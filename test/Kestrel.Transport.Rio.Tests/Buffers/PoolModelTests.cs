using FsCheck.Fluent;
using FsCheck;
using Kestrel.Transport.Rio.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

public sealed class PoolModelTests
{
    private enum Step
    {
        Rent,
        RentMany,
        Return,
        ReturnMany,
        Flush,
        Trim,
        Refuse,
        Allow,
    }

    /// <summary>Any order of calls, on an attached thread and another, against a list of what is out.</summary>
    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 3)]
    [InlineData(false, 3)]
    public void Any_sequence_of_calls_agrees_with_the_model(bool acceptsUnregistered, int slabLimit)
    {
        var steps = Gen.Elements(Enum.GetValues<Step>()).Zip(Gen.Choose(0, 1000)).ListOf();
        Prop.ForAll(steps.ToArbitrary(), list => Run([.. list], acceptsUnregistered, slabLimit))
            .Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(200).WithEndSize(200));
    }

    private static void Run((Step Step, int Argument)[] steps, bool acceptsUnregistered, int slabLimit)
    {
        var fixture = new PoolFixture(acceptsUnregistered, slabLimit == 0 ? null : slabLimit * PoolFixture.SlabSize);
        var pool = fixture.Pool;
        var rented = new List<RegisteredBlock>();

        // So that a refusal is never the first: that one is an exception, and has a test of its own.
        pool.Rent().Dispose();
        using (pool.AttachToCurrentThread())
        {
            foreach (var (step, argument) in steps)
            {
                switch (step)
                {
                    case Step.Rent:
                        RentOne();
                        break;
                    case Step.RentMany:
                        for (var i = 0; i < argument % 80; i++)
                        {
                            RentOne();
                        }

                        break;
                    case Step.Return:
                        ReturnOne(argument);
                        break;
                    case Step.ReturnMany:
                        for (var i = 0; i < argument % 80; i++)
                        {
                            ReturnOne(argument * (i + 1));
                        }

                        break;
                    case Step.Flush:
                        pool.FlushCurrentThreadCache();
                        break;
                    case Step.Trim:
                        pool.Trim();
                        fixture.Time.Advance(TimeSpan.FromSeconds(argument % 40));
                        break;
                    case Step.Refuse:
                        fixture.Io.Answer = System.Net.Sockets.SocketError.NoBufferSpaceAvailable;
                        break;
                    case Step.Allow:
                        fixture.Io.Answer = System.Net.Sockets.SocketError.Success;
                        break;
                    default:
                        throw new InvalidOperationException();
                }

                Compare();
            }
        }

        PoolFixture.Return(rented);
        rented.Clear();
        Compare();
        fixture.Dispose();
        Assert.Empty(fixture.Io.Registered);

        void RentOne()
        {
            var hadRoom = pool.HasRoom;
            var block = pool.Rent();
            Assert.DoesNotContain(block, rented);
            Assert.True(hadRoom || block.Slab is null);
            rented.Add(block);
        }

        void ReturnOne(int which)
        {
            if (rented.Count == 0)
            {
                return;
            }

            var index = (which & int.MaxValue) % rented.Count;
            var block = rented[index];
            rented.RemoveAt(index);
            if ((which & 1) == 0)
            {
                block.Dispose();
            }
            else
            {
                // As another thread would.
                var thread = new Thread(block.Dispose);
                thread.Start();
                thread.Join();
            }
        }

        void Compare()
        {
            var overflow = rented.Count(block => block.Slab is null);
            Assert.Equal(rented.Count, pool.Counts.RentedBlocks);
            Assert.Equal((pool.Counts.SlabCount * PoolFixture.SlabBlocks) - (rented.Count - overflow), pool.Counts.PooledBlocks);
            Assert.Equal(fixture.Io.Registered.Count * (long)PoolFixture.SlabSize, pool.Counts.RegisteredBytes);
            Assert.Equal(
                (pool.Counts.SlabCount * PoolFixture.SlabSize) - pool.Counts.RegisteredBytes + (overflow * 4096L), pool.Counts.UnregisteredBytes);
            Assert.True(slabLimit == 0 || pool.Counts.SlabCount <= slabLimit);
            Assert.True(pool.Counts.SlabCount >= 1);
            Assert.All(rented, block => Assert.Equal(
                block.Id.IsValid || acceptsUnregistered, pool.TryGetBuffer(block.Memory, out _)));
            Assert.Equal(0, fixture.Ledger.Breaches);
            Assert.Equal(rented.Count, fixture.Ledger.Out);
        }
    }
}
