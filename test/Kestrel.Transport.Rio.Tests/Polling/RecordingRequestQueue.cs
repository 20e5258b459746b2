using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>Counts its commits, and completes nothing.</summary>
internal sealed class RecordingRequestQueue(CompletionQueue completionQueue) : RequestQueue(completionQueue, 1, 1)
{
    private int _commits;

    public int Commits => Volatile.Read(ref _commits);

    public Action? Committing { get; init; }

    public override ConnectionSocket Socket => throw new NotSupportedException();

    /// <summary>Has it committed at the end of the pass, as a deferred request does.</summary>
    public void Defer() => CommitLater();

    public override EndPoint? GetLocalEndPoint(EndPoint family) => null;

    public override SocketError Receive(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
        => throw new NotSupportedException();

    public override SocketError WaitForData(ulong requestContext) => throw new NotSupportedException();

    public override SocketError Send(in RioBuffer buffer, ulong requestContext, RequestFlags flags = RequestFlags.None)
        => throw new NotSupportedException();

    public override SocketError SendAtOnce(ReadOnlySpan<RioBuffer> buffers, out int sent) => throw new NotSupportedException();

    public override void Commit()
    {
        Volatile.Write(ref _commits, _commits + 1);
        Committing?.Invoke();
    }

    public override SocketError ShutdownSend() => throw new NotSupportedException();

    public override void Close(CloseMode mode) => MarkClosed();

    protected override void OnDrained()
    {
    }
}
