using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>An accepted send and its progress.</summary>
/// <param name="Buffer">The bytes that are not sent yet.</param>
/// <param name="Context">The caller's context.</param>
/// <param name="Sent">The bytes that are sent.</param>
internal readonly record struct SendRequest(RioBuffer Buffer, ulong Context, int Sent)
{
    public SendRequest Advance(int count) => new(Buffer.Skip(count), Context, Sent + count);
}
