namespace Kestrel.Transport.Rio.Torture.Clients;

/// <summary>Lets so many bytes out, and fails at the next.</summary>
internal sealed class CutStream(Stream inner, int cut) : Stream
{
    private int _left = cut;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Flush() => inner.Flush();

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        => inner.ReadAsync(buffer, cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = Math.Min(_left, buffer.Length);
        _left -= count;
        await inner.WriteAsync(buffer[..count], cancellationToken);
        if (count < buffer.Length)
        {
            throw new IOException("Cut short, as was asked.");
        }
    }
}
