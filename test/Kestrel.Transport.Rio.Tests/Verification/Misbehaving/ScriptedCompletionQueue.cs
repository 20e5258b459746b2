using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification.Misbehaving;

internal sealed class ScriptedCompletionQueue(int capacity) : CompletionQueue(capacity)
{
    private readonly Queue<RioResult> _script = new();

    /// <summary>What it claims, true or not.</summary>
    public int ClaimedOutstanding { get; set; } = 1000;

    /// <summary>What happens while its owner waits.</summary>
    public Action? DuringWait { get; set; }

    /// <summary>Why it serves no more.</summary>
    public string? ClaimedFailure { get; set; }

    public ScriptedRequestQueue? LastRequestQueue { get; private set; }

    public override int Outstanding => ClaimedOutstanding;

    public override string? Failure => ClaimedFailure;

    public void Complete(SocketError status, int bytes, ulong socketContext, ulong requestContext)
        => _script.Enqueue(new RioResult(status, (uint)bytes, socketContext, requestContext));

    /// <summary>Releases the charge of a request queue with these limits.</summary>
    public void ReleaseCharge(int maxReceives, int maxSends) => Release(new ScriptedRequestQueue(this, maxReceives, maxSends));

    public override AcceptQueue CreateAcceptQueue(Socket listenSocket, ulong socketContext) => new ScriptedAcceptQueue();

    public override int Dequeue(Span<RioResult> results)
    {
        var count = 0;
        while (count < results.Length && _script.TryDequeue(out results[count]))
        {
            count++;
        }

        return count;
    }

    public override void Submit()
    {
    }

    public override bool Wait(TimeSpan timeout)
    {
        DuringWait?.Invoke();
        return false;
    }

    public override void Wake()
    {
    }

    protected override SocketError CreateRequestQueueCore(
        AcceptedSocket socket, ulong socketContext, int maxReceives, int maxSends, out RequestQueue? requestQueue)
    {
        LastRequestQueue = new ScriptedRequestQueue(this, maxReceives, maxSends);
        requestQueue = LastRequestQueue;
        return SocketError.Success;
    }

    protected override void DiscardCore(AcceptedSocket socket)
    {
    }

    protected override SocketError ResizeCore(int capacity) => SocketError.Success;

    protected override void DisposeCore()
    {
    }
}
