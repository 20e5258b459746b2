using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Polling;

internal sealed class DelegatingCompletionQueue(DelegatingIo io, CompletionQueue inner) : CompletionQueue(inner.Capacity)
{
    private Exception? _next;

    public override int Outstanding => inner.Outstanding + io.NeverCompleting;

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext)
        => inner.CreateAcceptQueue(listenSocket, socketContext);

    public override int Dequeue(Span<RioResult> results)
    {
        if (Interlocked.Exchange(ref _next, null) is { } exception)
        {
            throw exception;
        }

        io.Dequeuing?.Invoke();
        return io.WithholdsCompletions ? 0 : inner.Dequeue(results);
    }

    public override void CommitAll() => inner.CommitAll();

    public override void Submit() => inner.Submit();

    public override bool Wait(TimeSpan timeout)
    {
        io.NoteWait();
        return inner.Wait(timeout);
    }

    public override void Wake()
    {
        io.Waking?.Invoke();
        if (!io.LosesWakeUp())
        {
            inner.Wake();
        }
    }

    /// <summary>The owner's next look for completions throws, which it has soon. Any thread.</summary>
    public void Throw(Exception exception)
    {
        Volatile.Write(ref _next, exception);
        inner.Wake();
    }

    protected override SocketError CreateRequestQueueCore(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue)
        => inner.CreateRequestQueue(socket, socketContext, maxReceives, maxSends, out requestQueue);

    protected override void DiscardCore(AcceptedSocket socket) => io.Discard(socket);

    protected override SocketError ResizeCore(int capacity) => inner.Resize(capacity);

    protected override void DisposeCore()
    {
        io.Closing?.Invoke();
        io.Note("completion queue");
        inner.Dispose();
    }
}
