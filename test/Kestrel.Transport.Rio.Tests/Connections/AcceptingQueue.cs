using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Connections;

/// <summary>A completion queue with one accept queue at a time, whose completions come as the test says, in one batch.</summary>
internal sealed class AcceptingQueue() : CompletionQueue(capacity: 100)
{
    private readonly Queue<RioResult> _results = new();
    private ulong _socketContext;

    /// <summary>The accept queues in the order in which they were made.</summary>
    public List<RecordingAcceptQueue> Made { get; } = [];

    public RecordingAcceptQueue Accepts => Made[^1];

    public override int Outstanding => 0;

    /// <param name="status">Anything but success disarms the accept queue once it has been dequeued, as the contract has it.</param>
    /// <param name="handle">The accepted socket's.</param>
    public void Complete(SocketError status, int handle = 0) => _results.Enqueue(new RioResult(status, 0, _socketContext, (ulong)handle));

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext)
    {
        ObjectDisposedException.ThrowIf(listenSocket.SafeHandle.IsClosed, listenSocket);
        Assert.All(Made, static earlier => Assert.True(earlier is { IsClosed: true, IsArmed: false }));
        _socketContext = socketContext;
        Made.Add(new RecordingAcceptQueue());
        return Accepts;
    }

    public override int Dequeue(Span<RioResult> results)
    {
        var count = 0;
        while (count < results.Length && _results.TryDequeue(out results[count]))
        {
            if (results[count++].Status != SocketError.Success)
            {
                Accepts.Disarm();
            }
        }

        return count;
    }

    public override void Submit()
    {
    }

    public override bool Wait(TimeSpan timeout) => false;

    public override void Wake()
    {
    }

    protected override SocketError CreateRequestQueueCore(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue)
        => throw new NotSupportedException();

    protected override void DiscardCore(AcceptedSocket socket) => throw new NotSupportedException();

    protected override SocketError ResizeCore(int capacity) => throw new NotSupportedException();

    protected override void DisposeCore()
    {
    }
}
