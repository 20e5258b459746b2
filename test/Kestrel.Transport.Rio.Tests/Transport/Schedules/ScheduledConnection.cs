using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>A connection of a schedule: its two ends, and the transport between them once it has arrived there.</summary>
internal sealed class ScheduledConnection(TransportWorld world, ScheduledPeer peer) : IDisposable
{
    private readonly ManualResetEventSlim _mayTell = new();
    private int _closedFired;

    public ScheduledPeer Peer => peer;

    public RioConnection? Connection { get; private set; }

    public ScheduledApplication? Application { get; private set; }

    /// <summary>The inbound direction has ended, and the thread pool was asked to tell the application.</summary>
    public bool HasEnded { get; set; }

    /// <summary>The application had completed its output when the socket was closed.</summary>
    public bool ClosedByOutput { get; private set; }

    /// <summary>The thread pool has done so, and has posted it to the poller.</summary>
    public bool WasTold { get; private set; }

    /// <summary>Nothing of it is left on the poller, or it came when the poller was stopping and was turned away.</summary>
    public bool IsReleased { get; set; }

    public void OnOpened(RioConnection connection)
    {
        Connection = connection;
        Application = new ScheduledApplication(world, connection, peer);
        connection.ConnectionClosed.Register(() => Interlocked.Increment(ref _closedFired));
    }

    /// <summary>The thread pool is held up until the schedule wants it to go on.</summary>
    public void AwaitTell() => _mayTell.Wait(Deadline.Length);

    public void OnSocketClosed() => ClosedByOutput = Application!.OutputCompleted;

    public void Tell()
    {
        if (HasEnded && !WasTold)
        {
            _mayTell.Set();
            Spin.Until(() => Inside.HasMailFromInbound(world.Poller, Connection!), "the end of the input, from the thread pool");
            WasTold = true;
        }
    }

    public void AssertEnded(ScheduleSettings settings, bool undisturbed)
    {
        peer.TakeAll();
        if (Connection is null)
        {
            return;
        }

        var application = Application!;
        Spin.Until(() => application.Disposal is { IsCompleted: true }, "the end of the connection's disposal");
        Assert.True(application.Disposal!.IsCompletedSuccessfully, $"{application.Disposal.Exception}");
        Assert.Equal(1, Volatile.Read(ref _closedFired));
        Assert.True(peer.Received <= application.Written, "The peer received more than the application has written.");
        Assert.Same(application.FirstAbort ?? Connection.AbortReason, Connection.AbortReason);
        AssertError(application);
        if (!ClosedByOutput && !peer.WasReset && !settings.MayFail)
        {
            Assert.Equal((settings.FinOnError, !settings.FinOnError), (peer.Peer.FinReceived, peer.Peer.ResetReceived));
        }

        if (!undisturbed || settings.MayFail || peer.WasReset || Connection.AbortReason is not null)
        {
            return;
        }

        peer.AssertWholeAndOrderly(application.Written);
        if (application.InputEndedFirst)
        {
            Assert.Null(application.InputError);
            Assert.Equal(peer.Written, application.Consumed);
        }
    }

    public void Dispose() => _mayTell.Set();

    /// <summary>An application that was told of an abort was told the first reason.</summary>
    private void AssertError(ScheduledApplication application)
    {
        if (application.InputError is Microsoft.AspNetCore.Connections.ConnectionAbortedException aborted
            && !ReferenceEquals(aborted, Connection!.AbortReason))
        {
            Assert.Equal("The transport's send loop completed gracefully.", aborted.Message);
            Assert.True(application.OutputCompleted, "The send loop has completed before the application has.");
        }
    }
}
