using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring;
using Kestrel.Transport.Rio.IoUring.Interop;
using Kestrel.Transport.Rio.Tests.IoUring;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance;

internal sealed class IoUringFixture(uint submissionEntries = IoUringCompletionQueue.SubmissionEntries) : LoopbackFixture
{
    public override string? WhyUnavailable => IoUringMachine.WhyUnavailable;

    public override RegisteredIo Create() => new IoUringIo(submissionEntries);

    /// <summary>The accept queue makes its sockets so.</summary>
    public override AcceptedSocket Accept(Socket listenSocket)
    {
        var accepted = base.Accept(listenSocket);
        Assert.True(LibC.TrySetNonBlocking((int)accepted.Handle));
        return accepted;
    }
}
