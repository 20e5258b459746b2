using System.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>
/// An endless stream of bytes in which every place can be told from its neighbours, so that a byte that is lost, twice there or on
/// the wrong connection is seen where it happens.
/// </summary>
internal sealed class Pattern(int salt)
{
    public byte At(long index) => (byte)((index * 7) ^ (index >> 8) ^ (index >> 16) ^ (salt * 53));

    public void Fill(Span<byte> target, long from)
    {
        for (var i = 0; i < target.Length; i++)
        {
            target[i] = At(from + i);
        }
    }

    public void AssertIs(in ReadOnlySequence<byte> bytes, long from, string what)
    {
        foreach (var segment in bytes)
        {
            AssertIs(segment.Span, from, what);
            from += segment.Length;
        }
    }

    public void AssertIs(ReadOnlySpan<byte> bytes, long from, string what)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(from + i))
            {
                Assert.Fail($"Byte {from + i} of {what} is {bytes[i]:x2} in place of {At(from + i):x2}.");
            }
        }
    }
}
