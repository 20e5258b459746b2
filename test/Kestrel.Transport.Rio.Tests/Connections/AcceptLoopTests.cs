using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Buffers;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling;
using Kestrel.Transport.Rio.Tests.Buffers;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Connections;

public sealed class AcceptLoopTests : IDisposable
{
    private static readonly IPEndPoint s_endPoint = new(IPAddress.Loopback, 80);
    private readonly Socket _listenSocket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly RegisteredMemoryPool _pool;
    private readonly AcceptingQueue _queue = new();
    private readonly ManualTime _time = new();
    private readonly ListLogger _logger = new();
    private readonly List<nint> _accepted = [];
    private readonly AcceptBound _bound = new();
    private readonly CompletionPoller _poller;
    private readonly AcceptLoop _loop;
    private Action? _onAccepted;

    public AcceptLoopTests()
    {
        _pool = new RegisteredMemoryPool(new RecordingIo(), 64 * 1024, maxRegisteredMemory: null, meterFactory: null, _logger);
        _poller = new CompletionPoller(0, _queue, _pool, new RioCapabilities(), parking: null, _logger, static poller => new InlineRunner(poller));
        _loop = new AcceptLoop(_poller, _listenSocket, s_endPoint, OnAccepted, _logger, _time, onPollerDied: null, _bound);
    }

    private RecordingAcceptQueue Accepts => _queue.Accepts;

    [Fact]
    public void Every_accepted_socket_is_handed_on_with_one_arming()
    {
        Start();
        _queue.Complete(SocketError.Success, handle: 5);
        _queue.Complete(SocketError.Success, handle: 6);

        Pass();

        Assert.Equal([5, 6], _accepted);
        Assert.Equal(1, Accepts.Arms);
    }

    [Fact]
    public void Connection_that_cannot_be_taken_ends_and_the_next_is_accepted()
    {
        Start();
        Accepts.ThrowsNext = new NotSupportedException("an odd socket");
        _queue.Complete(SocketError.Success, handle: 5);
        _queue.Complete(SocketError.Success, handle: 6);

        Pass();

        Assert.False(_poller.IsDead);
        Assert.Equal([6], _accepted);
        Assert.True(Accepts.IsArmed);
        Assert.Empty(_logger.Entries);
    }

    [Theory]
    [InlineData(SocketError.ConnectionAborted)]
    [InlineData(SocketError.ConnectionReset)]
    [InlineData(SocketError.NetworkDown)]
    [InlineData(SocketError.NetworkUnreachable)]
    [InlineData(SocketError.HostDown)]
    [InlineData(SocketError.HostUnreachable)]
    [InlineData(SocketError.Interrupted)]
    public void Error_of_one_connection_rearms_without_a_warning(SocketError error)
    {
        Start();
        _queue.Complete(error);

        Pass();

        Assert.True(Accepts.IsArmed);
        Assert.Empty(_logger.Entries);
    }

    [Theory]
    [InlineData(SocketError.TooManyOpenSockets)]
    [InlineData(SocketError.NoBufferSpaceAvailable)]
    public void A_shortage_arms_again_after_a_while_and_warns(SocketError error)
    {
        Start();
        _queue.Complete(error);
        Pass();
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Pass();
        Assert.False(Accepts.IsArmed);

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Pass();

        Assert.True(Accepts.IsArmed);
        Assert.Contains(error.ToString(), Assert.Single(_logger.Entries).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_shortage_that_lasts_is_logged_once_a_second()
    {
        Start();
        for (var tries = 0; tries < 30; tries++)
        {
            _queue.Complete(SocketError.TooManyOpenSockets);
            Pass();
            _time.Advance(TimeSpan.FromMilliseconds(100));
            Pass();
        }

        Assert.Equal(31, Accepts.Arms);
        Assert.Equal(3, _logger.Entries.Count);
    }

    [Fact]
    public void A_stop_closes_the_queue_and_ends_with_its_last_completion()
    {
        Start();
        var ended = _loop.StopAsync();
        Pass();
        Assert.True(Accepts.IsClosed);
        Assert.False(ended.IsCompleted);
        _queue.Complete(SocketError.Success, handle: 7);
        _queue.Complete(SocketError.OperationAborted);

        Pass();

        Assert.True(ended.IsCompletedSuccessfully);
        Assert.Equal([7], _accepted);
        Assert.True(_poller.IsDrained);
    }

    [Fact]
    public void Stop_during_a_shortage_ends_immediately()
    {
        Start();
        _queue.Complete(SocketError.TooManyOpenSockets);
        Pass();

        var ended = _loop.StopAsync();
        Pass();
        _time.Advance(TimeSpan.FromSeconds(1));
        Pass();

        Assert.True(ended.IsCompletedSuccessfully);
        Assert.True(Accepts.IsClosed);
        Assert.Equal(1, Accepts.Arms);
        Assert.True(_poller.IsDrained);
    }

    [Fact]
    public void A_stop_before_the_start_ends_without_an_accept()
    {
        var ended = _loop.StopAsync();
        _loop.Start();
        Pass();

        Assert.True(ended.IsCompletedSuccessfully);
        Assert.Empty(_queue.Made);
    }

    [Fact]
    public void Accept_that_fails_before_a_requested_stop_closes_the_queue()
    {
        Start();
        Task? ended = null;
        _onAccepted = () => ended = _loop.StopAsync();
        _queue.Complete(SocketError.Success, handle: 8);
        _queue.Complete(SocketError.TooManyOpenSockets);

        Pass();
        Pass();

        Assert.True(ended!.IsCompletedSuccessfully);
        Assert.True(Accepts.IsClosed);
        Assert.True(_poller.IsDrained);
    }

    [Fact]
    public void The_pollers_stop_ends_the_accepts_too()
    {
        Start();
        _poller.Post(new PollerAction(_poller.BeginStop));
        Pass();
        Assert.True(Accepts.IsClosed);
        _queue.Complete(SocketError.OperationAborted);

        Pass();

        Assert.True(_poller.IsDrained);
        var ended = _loop.StopAsync();
        Pass();
        Assert.True(ended.IsCompletedSuccessfully);
    }

    [Fact]
    public void Bound_closes_the_queue_behind_what_it_has_accepted()
    {
        Start();
        Take(AcceptBound.Max - 1);
        Assert.False(Accepts.IsClosed);
        _queue.Complete(SocketError.Success, handle: 100);
        _queue.Complete(SocketError.Success, handle: 101);

        Pass();
        Pass();

        Assert.True(Accepts.IsClosed);
        _queue.Complete(SocketError.Success, handle: 102);
        _queue.Complete(SocketError.OperationAborted);
        Pass();
        Pass();
        Assert.Equal([100, 101, 102], _accepted.Skip(AcceptBound.Max - 1));
        Assert.Single(_queue.Made);
        Assert.Empty(_logger.Entries);
    }

    [Fact]
    public void Half_of_the_bound_taken_up_ends_the_pause()
    {
        Pause();
        TakeUp((AcceptBound.Max / 2) - 1);
        Pass();
        Assert.Single(_queue.Made);

        TakeUp(1);
        Pass();

        Assert.Equal(2, _queue.Made.Count);
        Assert.True(Accepts.IsArmed);
        _queue.Complete(SocketError.Success, handle: 200);
        Pass();
        Assert.Equal(200, _accepted[^1]);
    }

    [Fact]
    public void Pause_ends_not_before_its_queue_has_ended()
    {
        Start();
        Take(AcceptBound.Max);
        Pass();
        TakeUp(AcceptBound.Max);
        Pass();
        Assert.Single(_queue.Made);
        _queue.Complete(SocketError.OperationAborted);

        Pass();
        Pass();

        Assert.True(Accepts.IsArmed);
    }

    [Fact]
    public void Pause_during_a_shortage_arms_one_queue_once()
    {
        Start();
        Take(AcceptBound.Max - 1);
        _queue.Complete(SocketError.Success, handle: 100);
        _queue.Complete(SocketError.TooManyOpenSockets);
        Pass();
        Pass();
        Assert.True(Accepts.IsClosed);
        TakeUp(AcceptBound.Max);
        Pass();
        Assert.True(Accepts.IsArmed);

        _time.Advance(TimeSpan.FromMilliseconds(100));
        Pass();

        Assert.Equal([1, 1], _queue.Made.Select(static accepts => accepts.Arms));
    }

    [Fact]
    public void Stop_during_a_pause_ends_immediately()
    {
        Pause();

        var ended = _loop.StopAsync();
        Pass();
        TakeUp(AcceptBound.Max);
        Pass();

        Assert.True(ended.IsCompletedSuccessfully);
        Assert.Single(_queue.Made);
        Assert.True(_poller.IsDrained);
    }

    [Fact]
    public void Stop_while_a_pause_begins_waits_for_its_queue()
    {
        Start();
        Take(AcceptBound.Max);
        Pass();
        var ended = _loop.StopAsync();
        Pass();
        Assert.False(ended.IsCompleted);
        _queue.Complete(SocketError.OperationAborted);

        Pass();

        Assert.True(ended.IsCompletedSuccessfully);
        Assert.True(_poller.IsDrained);
    }

    [Fact]
    public void Start_at_the_bound_waits_until_half_is_taken_up()
    {
        for (var i = 0; i < AcceptBound.Max; i++)
        {
            _bound.Add();
        }

        _loop.Start();
        Pass();
        Assert.Empty(_queue.Made);

        TakeUp(AcceptBound.Max / 2);
        Pass();

        Assert.True(Accepts.IsArmed);
    }

    [Fact]
    public void Death_of_the_poller_during_a_pause_ends_it()
    {
        Pause();
        _poller.Post(new PollerAction(static () => throw new InvalidOperationException("a fault of ours")));
        Pass();

        TakeUp(AcceptBound.Max);
        Pass();

        Assert.Single(_queue.Made);
        Assert.True(_loop.StopAsync().IsCompletedSuccessfully);
    }

    [Fact]
    public void Socket_that_the_application_disposed_ends_accepting_with_one_line()
    {
        Pause();
        _listenSocket.Dispose();

        TakeUp(AcceptBound.Max);
        Pass();
        _time.Advance(TimeSpan.FromSeconds(10));
        Pass();

        Assert.Contains("disposed its listening socket", Assert.Single(_logger.Entries).Text, StringComparison.Ordinal);
        Assert.True(_loop.StopAsync().IsCompletedSuccessfully);
        Pass();
        Assert.True(_poller.IsDrained);
    }

    public void Dispose()
    {
        _listenSocket.Dispose();
        _pool.Dispose();
    }

    private void Start()
    {
        _loop.Start();
        Pass();
        Assert.True(Accepts.IsArmed);
    }

    private void Pause()
    {
        Start();
        Take(AcceptBound.Max);
        Pass();
        _queue.Complete(SocketError.OperationAborted);
        Pass();
        Assert.True(Accepts is { IsClosed: true, IsArmed: false });
    }

    private void Take(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _queue.Complete(SocketError.Success, handle: i);
        }

        Pass();
    }

    private void TakeUp(int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (_bound.Remove())
            {
                _loop.OnTakenUp();
            }
        }
    }

    private void Pass()
    {
        _poller.Bind();
        _poller.RunPass(TimeSpan.Zero);
        CompletionPoller.Unbind();
    }

    private void OnAccepted(AcceptedSocket socket)
    {
        _accepted.Add(socket.Handle);
        _bound.Add();
        _onAccepted?.Invoke();
    }
}
