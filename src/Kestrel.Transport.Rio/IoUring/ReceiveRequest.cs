using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>An accepted receive. Without a buffer it only waits for data.</summary>
internal readonly record struct ReceiveRequest(RioBuffer Buffer, ulong Context)
{
    public bool OnlyWaits => Buffer.Length == 0;
}
