namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Lets so many bytes out and so many in, and fails at the next one out, and ends at the next one in.</summary>
/// <param name="inner">Where the bytes go, and come from.</param>
/// <param name="writable">How many go out.</param>
/// <param name="readable">How many come in.</param>
/// <param name="atCut">In place of failing: done once, and from then on nothing goes out.</param>
internal sealed class CutStream(Stream inner, int writable = int.MaxValue, int readable = int.MaxValue, Action? atCut = null) : Stream
{
    private int _writable = writable;
    private int _readable = readable;

    /// <summary>Whether there was something that did not go out.</summary>
    public bool IsCut { get; private set; }

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

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await inner.ReadAsync(buffer[..Math.Min(_readable, buffer.Length)], cancellationToken);
        _readable -= count;
        return count;
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = Math.Min(_writable, buffer.Length);
        if (count > 0)
        {
            _writable -= count;
            await inner.WriteAsync(buffer[..count], cancellationToken);
        }

        if (count < buffer.Length)
        {
            Cut();
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Cut()
    {
        if (atCut is null)
        {
            IsCut = true;
            throw new IOException("Cut short, as was asked.");
        }

        if (!IsCut)
        {
            IsCut = true;
            atCut();
        }
    }
}
