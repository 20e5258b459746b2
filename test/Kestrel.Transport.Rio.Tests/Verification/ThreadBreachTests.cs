using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Verification.Misbehaving;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Verification;

public sealed class ThreadBreachTests : IDisposable
{
    private readonly VerifyingIo _io;
    private readonly CompletionQueue _completions;
    private readonly ScriptedCompletionQueue _script;
    private readonly RequestQueue _requests;

    public ThreadBreachTests()
    {
        var scripted = new ScriptedIo();
        _io = new VerifyingIo(scripted, VerifierScope.Transport);
        _completions = _io.CreateCompletionQueue(10);
        _script = scripted.LastQueue!;
        _completions.CreateRequestQueue(new AcceptedSocket(1, null, null), socketContext: 1, 1, 1, out var requests);
        _requests = requests!;
    }

    public void Dispose() => _io.Dispose();

    [Fact]
    public void Request_by_another_thread_during_the_wait_is_caught() => AssertCaught(_requests.Commit);

    [Fact]
    public void Close_by_another_thread_during_the_wait_is_caught()
        => AssertCaught(() => _requests.Close(CloseMode.Abortive));

    [Fact]
    public void Dequeue_by_another_thread_during_the_wait_is_caught()
        => AssertCaught(() => _completions.Dequeue(new RioResult[1]));

    [Fact]
    public void A_wake_from_another_thread_is_no_breach()
    {
        Assert.Null(WhileTheOwnerWaits(_completions.Wake));
        Assert.Empty(_io.Record.Breaches);
    }

    [Fact]
    public void A_hand_over_from_thread_to_thread_is_no_breach()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.Null(OnAnotherThread(_completions.Submit));
            _requests.Commit();
        }

        Assert.Empty(_io.Record.Breaches);
    }

    private void AssertCaught(Action call)
    {
        var breach = Assert.IsType<LifecycleBreachException>(WhileTheOwnerWaits(call));
        Assert.Equal(LifecycleRule.NoTwoThreadsAtOnce, breach.Rule);
        Assert.Same(breach, Assert.Single(_io.Record.Breaches));
    }

    private Exception? WhileTheOwnerWaits(Action call)
    {
        Exception? thrown = null;
        _script.DuringWait = () => thrown = OnAnotherThread(call);
        _completions.Wait(TimeSpan.Zero);
        return thrown;
    }

    private static Exception? OnAnotherThread(Action call)
    {
        Exception? thrown = null;
        var thread = new Thread(() => thrown = Record.Exception(call));
        thread.Start();
        thread.Join();
        return thrown;
    }
}
