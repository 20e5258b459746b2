using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Tests.Buffers;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Polling;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Diagnostics;

public sealed class LogQueueTests
{
    private const int Capacity = 8;

    private readonly List<int> _written = [];
    private readonly ListLogger _logger = new();
    private readonly LogQueue _queue;

    public LogQueueTests() => _queue = new LogQueue(_logger, Capacity);

    [Fact]
    public async Task Lines_are_written_in_order_on_a_thread_of_their_own()
    {
        var writer = 0;
        _queue.Open();
        for (var i = 0; i < Capacity; i++)
        {
            Add(i);
        }

        _queue.Add(new ScriptedLine(() => writer = Environment.CurrentManagedThreadId));
        await FlushAsync();

        Assert.Equal(Enumerable.Range(0, Capacity), _written);
        Assert.NotEqual(Environment.CurrentManagedThreadId, writer);
        _queue.Close();
    }

    [Fact]
    public async Task Line_whose_sink_throws_is_lost_and_the_next_is_written()
    {
        _queue.Open();
        _queue.Add(new ScriptedLine(static () => throw new InvalidOperationException("asked for")));
        Add(1);
        await FlushAsync();

        Assert.Equal([1], _written);
        _queue.Close();
    }

    [Fact]
    public async Task Sink_that_blocks_holds_up_nobody_and_missing_lines_are_counted()
    {
        var gate = new Gate();
        _queue.Open();
        Block(gate);
        for (var i = 0; i < Capacity + 5; i++)
        {
            Add(i);
        }

        Assert.False(await _queue.FlushAsync(TimeSpan.FromMilliseconds(1)));
        gate.Open();
        await FlushAsync();
        Add(100);
        await FlushAsync();

        Assert.Equal([.. Enumerable.Range(0, Capacity), 100], _written);
        var note = Assert.Single(_logger.Entries);
        Assert.Equal("LinesDropped", note.Id.Name);
        Assert.StartsWith("5 lines", note.Text, StringComparison.Ordinal);
        _queue.Close();
    }

    [Fact]
    public async Task Missing_lines_are_counted_though_no_line_follows()
    {
        var gate = new Gate();
        _queue.Open();
        Block(gate);
        for (var i = 0; i < Capacity + 1; i++)
        {
            Add(i);
        }

        gate.Open();
        Spin.Until(HasNote, "the note");
        await FlushAsync();
        Assert.Equal(Capacity, _written.Count);
        _queue.Close();
    }

    [Fact]
    public async Task Closed_queue_writes_waiting_lines_and_ends_its_thread()
    {
        var gate = new Gate();
        Thread? writer = null;
        _queue.Open();
        _queue.Open();
        _queue.Add(new ScriptedLine(() => writer = Thread.CurrentThread));
        await FlushAsync();
        Block(gate);
        Add(1);

        _queue.Close();
        _queue.Close();
        Add(2);
        gate.Open();

        Assert.True(writer!.Join(Deadline.Length));
        Assert.Equal([1, 2], _written);
    }

    [Fact]
    public void Line_of_a_queue_without_users_is_written_by_its_caller()
    {
        Add(1);
        Assert.Equal([1], _written);

        _queue.Add(new ScriptedLine(static () => throw new InvalidOperationException("asked for")));
    }

    [Fact]
    public async Task Queue_that_is_opened_again_goes_on()
    {
        _queue.Open();
        _queue.Close();
        _queue.Open();
        Add(1);
        await FlushAsync();

        Assert.Equal([1], _written);
        _queue.Close();
    }

    private void Add(int line) => _queue.Add(new ScriptedLine(() => _written.Add(line)));

    /// <summary>The sink blocks when this returns.</summary>
    private void Block(Gate gate)
    {
        var isBlocked = 0;
        _queue.Add(new ScriptedLine(() =>
        {
            Volatile.Write(ref isBlocked, 1);
            gate.Wait();
        }));
        Spin.Until(() => Volatile.Read(ref isBlocked) != 0, "the line that blocks");
    }

    private bool HasNote()
    {
        lock (_logger.Entries)
        {
            return _logger.Entries.Count > 0;
        }
    }

    private async Task FlushAsync() => Assert.True(await _queue.FlushAsync(Deadline.Length));
}
