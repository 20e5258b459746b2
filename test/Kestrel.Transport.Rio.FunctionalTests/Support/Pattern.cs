using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Security.Cryptography;

namespace Kestrel.Transport.Rio.FunctionalTests.Support;

/// <summary>
/// Bytes that depend on their position and never repeat, so that a block that is lost, doubled, swapped or stale is seen; with a salt
/// for each request, so that one of another request or connection is seen too.
/// </summary>
public static class Pattern
{
    private const int ChunkSize = 16 * 1024;

    public static void Fill(Span<byte> destination, long offset, int salt = 0)
    {
        Span<byte> word = stackalloc byte[8];
        while (!destination.IsEmpty)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, Mix((ulong)(offset / 8) ^ ((ulong)(uint)salt << 32)));
            var source = word[(int)(offset % 8)..];
            var count = Math.Min(source.Length, destination.Length);
            source[..count].CopyTo(destination);
            destination = destination[count..];
            offset += count;
        }
    }

    public static byte[] Bytes(int length, int salt = 0)
    {
        var bytes = new byte[length];
        Fill(bytes, 0, salt);
        return bytes;
    }

    public static string Hash(long length, int salt = 0)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var chunk = new byte[ChunkSize];
        for (var offset = 0L; offset < length; offset += ChunkSize)
        {
            var part = chunk.AsSpan(0, (int)Math.Min(ChunkSize, length - offset));
            Fill(part, offset, salt);
            hash.AppendData(part);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    public static Task WriteAsync(PipeWriter writer, long length, CancellationToken cancellationToken)
        => WriteAsync(writer, length, salt: 0, cancellationToken);

    public static async Task WriteAsync(PipeWriter writer, long length, int salt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(writer);
        for (var offset = 0L; offset < length;)
        {
            var count = (int)Math.Min(ChunkSize, length - offset);
            Fill(writer.GetSpan(count)[..count], offset, salt);
            writer.Advance(count);
            offset += count;
            var result = await writer.FlushAsync(cancellationToken);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }

    public static Task WriteAsync(Stream stream, long length, CancellationToken cancellationToken)
        => WriteAsync(stream, length, salt: 0, cancellationToken);

    public static async Task WriteAsync(Stream stream, long length, int salt, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var chunk = new byte[ChunkSize];
        for (var offset = 0L; offset < length; offset += ChunkSize)
        {
            var part = chunk.AsMemory(0, (int)Math.Min(ChunkSize, length - offset));
            Fill(part.Span, offset, salt);
            await stream.WriteAsync(part, cancellationToken);
        }
    }

    /// <summary>Length and SHA-256 of what a reader gives, in the words of <c>/hash</c>.</summary>
    public static async Task<string> DigestAsync(Stream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;
        var chunk = new byte[4 * ChunkSize];
        while (await stream.ReadAsync(chunk, cancellationToken) is > 0 and var count)
        {
            hash.AppendData(chunk.AsSpan(0, count));
            length += count;
        }

        return Digest(length, Convert.ToHexString(hash.GetHashAndReset()));
    }

    /// <summary>What <see cref="DigestAsync"/> and <c>/hash</c> give for the first <paramref name="length"/> bytes.</summary>
    public static string Digest(long length, int salt = 0) => Digest(length, Hash(length, salt));

    /// <summary>Asserts that the sequence is the pattern from <paramref name="offset"/> on.</summary>
    public static void AssertAt(ReadOnlySequence<byte> actual, long offset)
    {
        var expected = new byte[actual.Length];
        Fill(expected, offset);
        Assert.True(actual.ToArray().AsSpan().SequenceEqual(expected), $"The {actual.Length} bytes at {offset} are wrong.");
    }

    private static string Digest(long length, string hash) => FormattableString.Invariant($"{length} {hash}");

    /// <summary>A full-period mixing function: distinct words for distinct positions and salts.</summary>
    private static ulong Mix(ulong position)
    {
        var x = (position + 1) * 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 31)) * 0xD6E8FEB86659FD93;
        return x ^ (x >> 32);
    }
}
