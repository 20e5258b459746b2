namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>Bytes in the order in which they came.</summary>
internal sealed class ByteFifo
{
    private byte[] _bytes = new byte[256];
    private int _start;

    public int Length { get; private set; }

    public void Write(ReadOnlySpan<byte> source)
    {
        if (_start + Length + source.Length > _bytes.Length)
        {
            var target = Length + source.Length > _bytes.Length / 2 ? new byte[(Length + source.Length) * 2] : _bytes;
            _bytes.AsSpan(_start, Length).CopyTo(target);
            _bytes = target;
            _start = 0;
        }

        source.CopyTo(_bytes.AsSpan(_start + Length));
        Length += source.Length;
    }

    public int Read(Span<byte> target)
    {
        var count = Math.Min(Length, target.Length);
        _bytes.AsSpan(_start, count).CopyTo(target);
        _start += count;
        Length -= count;
        return count;
    }

    public byte[] Peek() => _bytes.AsSpan(_start, Length).ToArray();

    public void Clear() => Length = 0;
}
