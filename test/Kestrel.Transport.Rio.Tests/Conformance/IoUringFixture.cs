using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;

namespace Kestrel.Transport.Rio.Tests.Conformance;

internal sealed class IoUringFixture : LoopbackFixture
{
    public override string? WhyUnavailable => Unavailability;

    private static string? Unavailability { get; } = IoUringProbe.IsAvailable(out var reason) ? null : $"not on this machine: {reason}";

    public override RegisteredIo Create() => new IoUringIo();
}
