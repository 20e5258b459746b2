using System.Net;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Polling;
using Kestrel.Transport.Rio.Tests.Simulation;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport;

/// <summary>Once an abort has returned its reason is what the application reads, whatever the poller meets before it comes to the abort.</summary>
public sealed class AbortReasonTests : IDisposable
{
    private readonly SimulatedIo _machine = new();
    private readonly DelegatingIo _io;
    private readonly RegisteredMemoryPool _pool;
    private readonly CompletionPoller _poller;
    private readonly ConnectionAbortedException _reason = new("the application's reason");
    private readonly RioConnection _connection;
    private readonly SimulatedPeer _peer;
    private Action<RioConnection>? _onInboundEnded;
    private Action<RioConnection>? _onInputEnding;

    public AbortReasonTests()
    {
        _io = new DelegatingIo(_machine);
        _pool = new RegisteredMemoryPool(_io, 64 * 1024, maxRegisteredMemory: null, meterFactory: null, NullLogger.Instance);
        _poller = new CompletionPoller(0, _io.CreateCompletionQueue(100), _pool, _io.Capabilities, parking: null, NullLogger.Instance, static poller => new InlineRunner(poller));
        var options = new RioTransportOptions
        {
            ApplicationScheduling = ApplicationScheduling.ThreadPool,

            // A receive is outstanding from the beginning.
            WaitForDataBeforeAllocatingBuffer = false,
        };
        var settings = new ConnectionSettings(options, _poller, NullLogger.Instance)
        {
            StateObserver = new StateRecorder
            {
                InboundEnded = connection => _onInboundEnded?.Invoke(connection),
                InputEnding = connection => _onInputEnding?.Invoke(connection),
            },
        };
        _connection = new RioConnection(settings);
        _peer = _machine.CreateConnected(out var accepted);
        _poller.Post(new PollerAction(() =>
        {
            _poller.ReserveConnection();
            _connection.Open(accepted, new IPEndPoint(IPAddress.Loopback, 80));
            _connection.Start();
        }));
        Pass();
    }

    public static TheoryData<PeerMove> Moves => [PeerMove.Writes, PeerMove.Finishes, PeerMove.Resets];

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        CompletionPoller.Unbind();
        _pool.Dispose();
        _io.Dispose();
    }

    [Theory]
    [MemberData(nameof(Moves))]
    public async Task Abort_wins_over_completions_dequeued_after_it(PeerMove move)
    {
        Move(move);
        _io.Dequeuing = AbortOnce;

        Assert.Same(_reason, await ReadErrorAsync());
        Assert.True(_peer.ResetReceived);
    }

    [Theory]
    [InlineData(PeerMove.Finishes)]
    [InlineData(PeerMove.Resets)]
    public async Task Abort_wins_over_an_end_the_application_does_not_know(PeerMove move)
    {
        _onInboundEnded = connection => connection.Abort(_reason);
        Move(move);

        Assert.Same(_reason, await ReadErrorAsync());
    }

    [Theory]
    [InlineData(PeerMove.Finishes)]
    [InlineData(PeerMove.Resets)]
    public async Task Abort_wins_until_the_input_is_completed(PeerMove move)
    {
        _onInputEnding = connection => connection.Abort(_reason);
        Move(move);

        Assert.Same(_reason, await ReadErrorAsync());
    }

    [Fact]
    public async Task Abort_wins_over_the_last_send_that_completes_after_it()
    {
        await _connection.Transport.Output.WriteAsync(new byte[] { 1, 2, 3 }, Cancelled);
        await _connection.Transport.Output.CompleteAsync();
        Pass();
        Assert.False(_peer.ServerClosed);
        _io.Dequeuing = AbortOnce;

        Assert.Same(_reason, await ReadErrorAsync());
        Assert.True(_peer.ResetReceived);
        Assert.False(_peer.FinReceived);
    }

    [Fact]
    public async Task Abort_after_the_socket_was_closed_changes_nothing()
    {
        await _connection.Transport.Output.CompleteAsync();
        _onInputEnding = connection => connection.Abort(_reason);

        var error = await ReadErrorAsync();

        Assert.IsType<ConnectionAbortedException>(error);
        Assert.NotSame(_reason, error);
        Assert.True(_peer.FinReceived);
    }

    private void Move(PeerMove move)
    {
        switch (move)
        {
            case PeerMove.Writes:
                Assert.True(_peer.Write([1, 2, 3]));
                break;
            case PeerMove.Finishes:
                _peer.Finish();
                break;
            default:
                _peer.Reset();
                break;
        }
    }

    private void AbortOnce()
    {
        _io.Dequeuing = null;

        // As another thread does, for which it goes to the mailbox, and that was emptied before.
        CompletionPoller.Unbind();
        _connection.Abort(_reason);
        _poller.Bind();
    }

    /// <summary>What the input ends with; it must not give any bytes before.</summary>
    private async Task<Exception?> ReadErrorAsync()
    {
        var read = _connection.Transport.Input.ReadAsync(Cancelled).AsTask();
        Spin.Until(
            () =>
            {
                Pass();
                return read.IsCompleted;
            },
            "the end of the input");
        var error = await Record.ExceptionAsync(() => read);
        var disposal = _connection.DisposeAsync().AsTask();
        Spin.Until(
            () =>
            {
                Pass();
                return disposal.IsCompleted;
            },
            "the end of the connection");
        await disposal;
        return error;
    }

    private void Pass()
    {
        _poller.Bind();
        _poller.RunPass(TimeSpan.Zero);
        CompletionPoller.Unbind();
    }
}
