using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>A request from the moment it is posted until its completion is dequeued.</summary>
internal sealed class VerifiedRequest(VerifiedKind kind, RioBuffer buffer, ulong socketContext, ulong requestContext)
{
    private int _fingerprint;

    public VerifiedKind Kind { get; } = kind;

    public RioBuffer Buffer { get; } = buffer;

    public ulong RequestContext { get; } = requestContext;

    /// <summary>The bytes to be sent must still be the same when the completion is dequeued.</summary>
    public bool WasChanged => Kind == VerifiedKind.Send && FingerprintOf(Buffer) != _fingerprint;

    /// <summary>Remembers the bytes to be sent. Only once it is known that the memory exists.</summary>
    public void Remember() => _fingerprint = Kind == VerifiedKind.Send ? FingerprintOf(Buffer) : 0;

    public override string ToString()
        => $"{Kind} {RequestContext:x} of socket {socketContext:x} ({Buffer.Length} bytes at {Buffer.Address:x})";

    private static unsafe int FingerprintOf(in RioBuffer buffer)
    {
        var hash = default(HashCode);
        hash.AddBytes(new ReadOnlySpan<byte>((void*)buffer.Address, buffer.Length));
        return hash.ToHashCode();
    }
}
