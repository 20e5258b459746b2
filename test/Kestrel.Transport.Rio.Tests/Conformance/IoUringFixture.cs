using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.Tests.IoUring;

namespace Kestrel.Transport.Rio.Tests.Conformance;

internal sealed class IoUringFixture(uint submissionEntries = IoUringCompletionQueue.SubmissionEntries) : LoopbackFixture
{
    public override string? WhyUnavailable => IoUringMachine.WhyUnavailable;

    public override RegisteredIo Create() => new IoUringIo(submissionEntries);
}
