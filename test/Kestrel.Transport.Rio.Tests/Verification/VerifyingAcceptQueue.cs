using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification;

internal sealed class VerifyingAcceptQueue(
    VerifyingIo io, VerifyingCompletionQueue completionQueue, AcceptQueue inner, ulong socketContext) : AcceptQueue
{
    private bool _closed;
    private int _untaken;

    public ulong SocketContext => socketContext;

    /// <summary>The completion that ends it has not been dequeued.</summary>
    public bool IsPending { get; private set; }

    public override bool IsArmed => inner.IsArmed;

    public override void Arm()
    {
        using var call = completionQueue.Guard.Enter(nameof(Arm));
        io.Record.ReportIf(IsPending, LifecycleRule.NoArmingTwice, $"Accept queue {socketContext:x} is armed.");
        io.Record.ReportIf(_closed, LifecycleRule.NoRequestOnAClosedQueue, $"Accept queue {socketContext:x} is armed after close.");
        inner.Arm();
        IsPending = true;
    }

    public override AcceptedSocket TakeAccepted(in RioResult result)
    {
        using var call = completionQueue.Guard.Enter(nameof(TakeAccepted));
        var socket = inner.TakeAccepted(result);
        _untaken--;
        io.OnSocketAccepted(socket);
        ForgetWhenEnded();
        return socket;
    }

    public override void Close()
    {
        using var call = completionQueue.Guard.Enter(nameof(Close));
        inner.Close();
        if (!_closed)
        {
            _closed = true;
            ForgetWhenEnded();
        }
    }

    public void OnCompleted(in RioResult result)
    {
        io.Record.ReportIf(
            !IsPending, LifecycleRule.NoCompletionWithoutARequest, $"Accept queue {socketContext:x} is not armed: {result}");
        if (result.Status == SocketError.Success)
        {
            _untaken++;
        }
        else
        {
            IsPending = false;
            ForgetWhenEnded();
        }
    }

    public IEnumerable<(LifecycleRule Rule, string What)> Leftovers()
    {
        if (_untaken > 0)
        {
            yield return (LifecycleRule.NoAcceptedSocketLost, $"{_untaken} of accept queue {socketContext:x} were not taken");
        }

        if (!_closed || IsPending)
        {
            yield return (LifecycleRule.NoAcceptQueueLeftOpen, $"accept queue {socketContext:x}");
        }
    }

    private void ForgetWhenEnded()
    {
        if (_closed && !IsPending && _untaken == 0)
        {
            completionQueue.OnEnded(this);
        }
    }
}
