using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>A send that was accepted, and how far it has come.</summary>
/// <param name="Buffer">What is still to be sent.</param>
/// <param name="Context">The caller's context.</param>
/// <param name="Sent">The bytes that are already on their way.</param>
internal readonly record struct SendRequest(RioBuffer Buffer, ulong Context, int Sent)
{
    public SendRequest Advance(int count) => new(Buffer.Skip(count), Context, Sent + count);
}
