using System.Buffers;
using System.Net.Sockets;
using System.Security.Cryptography;
using Kestrel.Transport.Rio.Tests.Simulation;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.WinsockTests.Transport;

/// <summary>Where there is no wait without memory, an idle connection holds a slice, and a busy one a block.</summary>
public sealed class IdleConnectionTests
{
    private const int Connections = 24;

    [Theory]
    [InlineData(RegistrationGranularity.Slab, true, 6)]
    [InlineData(RegistrationGranularity.Slab, false, Connections)]
    [InlineData(RegistrationGranularity.Block, true, Connections)]
    public async Task Idle_connections_share_blocks_unless_each_must_have_its_own(RegistrationGranularity granularity, bool waits, int blocks)
    {
        var strict = granularity == RegistrationGranularity.Block ? 1 : 0;
        var transport = new WinsockTransport(
            new RioTransportOptions
            {
                PollerCount = 1,
                SlabSize = 128 * 1024,
                RegistrationGranularity = granularity,
                WaitForDataBeforeAllocatingBuffer = waits,
            },
            $"owner=1;strict={strict}");
        var connections = new List<(ConnectionContext Connection, Socket Peer)>();
        while (connections.Count < Connections)
        {
            connections.Add(await transport.ConnectAndAcceptAsync());
        }

        // 24 slices of 1,024 bytes are 6 blocks.
        await WinsockTransport.UntilAsync(() => transport.MemoryPool.Counts.RentedBlocks == blocks, $"{blocks} blocks for all of them");
        await transport.EndAsync(connections);
    }

    [Theory]
    [InlineData(64, "")]
    [InlineData(512, "")]
    [InlineData(512, "late=200;late_ms=5;short=200;eager=300")]
    [InlineData(2048, "short=500")]
    public async Task Bytes_beyond_a_slice_arrive_and_the_slice_is_used_again(int slice, string settings)
    {
        var transport = new WinsockTransport(
            new RioTransportOptions { PollerCount = 1, IdleReceiveSize = slice, SlabSize = 256 * 1024 }, $"owner=1;{settings}");
        var (connection, peer) = await transport.ConnectAndAcceptAsync();
        var random = new DeterministicRandom((ulong)slice);
        foreach (var length in (int[])[1, slice - 1, slice, slice + 1, 5000, 300_000, 1])
        {
            var bytes = new byte[length];
            random.Fill(bytes);
            var receives = TestBench.Counters().Receives;

            var sending = peer.SendAsync(bytes);
            var received = await HashAsync(connection, length);
            await WinsockTransport.WithinAsync(sending);

            Assert.Equal(SHA256.HashData(bytes), received);

            // A slice for every 64 bytes would be thousands of receives: traffic has moved to blocks.
            if (settings.Length == 0 && length == 300_000)
            {
                Assert.InRange(TestBench.Counters().Receives - receives, 1UL, 300_000UL / 1024);
            }
        }

        await WinsockTransport.UntilAsync(() => transport.MemoryPool.Counts.RentedBlocks == 1, "one block, for its slice");
        await transport.EndAsync([(connection, peer)]);
    }

    private static async Task<byte[]> HashAsync(ConnectionContext connection, int length)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (length > 0)
        {
            var bytes = await WinsockTransport.ReadAsync(connection);
            foreach (var segment in bytes)
            {
                hash.AppendData(segment.Span);
            }

            length -= (int)bytes.Length;
            connection.Transport.Input.AdvanceTo(bytes.End);
        }

        Assert.Equal(0, length);
        return hash.GetHashAndReset();
    }
}
