using System.IO.Pipelines;
using System.Reflection;
using System.Text;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Tests.Polling;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Connections;

public sealed class PollerReaderTests : IDisposable
{
    private readonly PollerFixture _fixture = new();
    private readonly Pipe _pipe;
    private readonly PollerReader _reader;

    public PollerReaderTests()
    {
        _pipe = new Pipe(new PipeOptions(readerScheduler: _fixture.Poller.Runner.CreateScheduler(""), useSynchronizationContext: false));
        _reader = new PollerReader(_pipe.Reader, _fixture.Poller, source: null);
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public void Dispose() => _fixture.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task A_first_read_that_finds_its_data_goes_on_on_the_poller(int atLeast)
    {
        await WriteAsync("abc");
        var wasOnPoller = new List<bool>();
        var reading = ReadAsync();
        Assert.Empty(wasOnPoller);

        _fixture.Pass();

        Assert.Equal("abc", await reading);
        Assert.Equal([true], wasOnPoller);

        async Task<string> ReadAsync()
        {
            var read = atLeast == 1 ? await _reader.ReadAsync(Cancelled) : await _reader.ReadAtLeastAsync(atLeast, Cancelled);
            wasOnPoller.Add(_fixture.Poller.IsOnOwnThread);
            return Take(read);
        }
    }

    [Fact]
    public async Task A_first_read_is_not_told_before_somebody_waits_for_it()
    {
        await WriteAsync("early");
        var read = _reader.ReadAsync(Cancelled);
        _fixture.Pass();
        Assert.False(read.IsCompleted);

        var waiting = read.AsTask();
        _fixture.Pass();
        Assert.Equal("early", Take(await waiting));
    }

    [Fact]
    public async Task First_read_that_is_polled_completes_when_data_arrive()
    {
        var read = _reader.ReadAsync(Cancelled);
        Assert.False(read.IsCompleted);
        Assert.False(read.IsCompleted);

        await WriteAsync("polled");

        Assert.True(read.IsCompleted);
        Assert.True(read.IsCompletedSuccessfully);
        Assert.Equal("polled", Take(await read));
        await WriteAsync("next");
        Assert.Equal("next", Take(await _reader.ReadAsync(Cancelled)));
    }

    [Fact]
    public async Task First_read_that_is_polled_tells_errors_and_cancellations()
    {
        using var cancellation = new CancellationTokenSource();
        var read = _reader.ReadAsync(cancellation.Token);
        Assert.False(read.IsCompleted);
        await cancellation.CancelAsync();
        Assert.True(read.IsCompleted);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await read);

        var other = new PollerReader(_pipe.Reader, _fixture.Poller, source: null);
        var failing = other.ReadAsync(Cancelled);
        Assert.False(failing.IsCompleted);
        await _pipe.Writer.CompleteAsync(new IOException("reset"));
        Assert.True(failing.IsFaulted);
        await Assert.ThrowsAsync<IOException>(async () => await failing);
    }

#pragma warning disable CA2012, VSTHRD002, VSTHRD103, xUnit1031 // What a caller may do with a read that has its data.
    [Fact]
    public async Task First_read_gives_its_result_without_a_continuation()
    {
        await WriteAsync("at once");

        Assert.Equal("at once", Take(_reader.ReadAsync(Cancelled).GetAwaiter().GetResult()));
    }

    [Fact]
    public void First_read_without_data_has_no_result()
    {
        var read = _reader.ReadAsync(Cancelled);

        Assert.Throws<InvalidOperationException>(() => read.GetAwaiter().GetResult());
    }
#pragma warning restore CA2012, VSTHRD002, VSTHRD103, xUnit1031

    [Fact]
    public async Task OnWriterCompleted_is_called_as_by_the_pipe()
    {
        var completed = new List<(Exception? Error, object? State)>();
#pragma warning disable CS0618 // Obsolete, and still a part of the contract.
        _reader.OnWriterCompleted((error, state) => completed.Add((error, state)), this);
#pragma warning restore CS0618
        var reset = new IOException("reset");

        await _pipe.Writer.CompleteAsync(reset);
        _fixture.Pass();

        Assert.Equal([(reset, this)], completed);
    }

    /// <summary>What the pipe does not do in its own way, the base class does by way of what is overridden here.</summary>
    [Fact]
    public void Every_member_that_a_pipes_reader_overrides_is_passed_on()
    {
        Assert.Empty(Overridden(_pipe.Reader.GetType()).Except(Overridden(typeof(PollerReader))));

        static IEnumerable<string> Overridden(Type type)
            => type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
                .Where(method => method.DeclaringType == type && method.GetBaseDefinition().DeclaringType == typeof(PipeReader))
                .Select(method => method.ToString()!);
    }

    [Fact]
    public async Task Later_read_with_data_continues_immediately()
    {
        await WriteAsync("first");
        var first = _reader.ReadAsync(Cancelled).AsTask();
        _fixture.Pass();
        Take(await first);

        await WriteAsync("second");
        var second = _reader.ReadAsync(Cancelled);
        Assert.True(second.IsCompletedSuccessfully);
        Assert.Equal("second", Take(await second));

        await WriteAsync("third");
        var third = _reader.ReadAtLeastAsync(5, Cancelled);
        Assert.True(third.IsCompletedSuccessfully);
        Assert.Equal("third", Take(await third));
    }

    [Fact]
    public async Task First_read_that_waits_continues_on_the_poller()
    {
        var wasOnPoller = false;
        var reading = ReadAsync();
        _fixture.Pass();
        await WriteAsync("late");
        Assert.False(reading.IsCompleted);
        _fixture.Pass();
        Assert.Equal("late", await reading);
        Assert.True(wasOnPoller);

        await WriteAsync("later");
        Assert.True(_reader.TryRead(out var next));
        Assert.Equal("later", Take(next));

        async Task<string> ReadAsync()
        {
            var read = await _reader.ReadAsync(Cancelled);
            wasOnPoller = _fixture.Poller.IsOnOwnThread;
            return Take(read);
        }
    }

    [Fact]
    public async Task An_error_that_comes_while_the_first_read_waits_is_thrown_by_it()
    {
        var error = new IOException("reset");
        var read = _reader.ReadAsync(Cancelled).AsTask();
        await _pipe.Writer.CompleteAsync(error);
        _fixture.Pass();
        Assert.Same(error, await Assert.ThrowsAsync<IOException>(() => read));
    }

    [Fact]
    public async Task First_read_reports_an_earlier_end()
    {
        await _pipe.Writer.CompleteAsync();
        var read = _reader.ReadAsync(Cancelled).AsTask();
        _fixture.Pass();
        Assert.True((await read).IsCompleted);
    }

    [Fact]
    public async Task An_error_that_comes_before_the_first_read_is_thrown_by_it()
    {
        var error = new IOException("reset");
        await _pipe.Writer.CompleteAsync(error);
        var thrown = await Assert.ThrowsAsync<IOException>(async () => await _reader.ReadAsync(Cancelled));
        Assert.Same(error, thrown);
    }

    [Fact]
    public async Task Cancelled_first_read_leaves_the_data_for_the_next()
    {
        await WriteAsync("kept");
        _fixture.OnPoller(_reader.CancelPendingRead);
        _fixture.Pass();
        var read = _reader.ReadAsync(Cancelled).AsTask();
        _fixture.Pass();
        var result = await read;
        Assert.True(result.IsCanceled);
        _reader.AdvanceTo(result.Buffer.Start);
        Assert.Equal("kept", Take(await _reader.ReadAsync(Cancelled)));
    }

    [Fact]
    public async Task Cancellation_by_another_thread_lets_earlier_bytes_pass()
    {
        var read = _reader.ReadAsync(Cancelled).AsTask();
        _reader.CancelPendingRead();
        _fixture.OnPoller(StayBusy);
        _fixture.Pass();
        _fixture.Pass();
        _fixture.Pass();
        Assert.False(read.IsCompleted);

        await WriteAsync("early enough");
        _fixture.Pass();
        Assert.True(read.IsCompleted);

        // Both in one, as a pipe has it when it is cancelled after the bytes and before they are read.
        Assert.True((await read).IsCanceled);
        Assert.Equal("early enough", Take(await read));
    }

    [Fact]
    public void A_read_that_nothing_comes_for_is_cancelled_in_the_next_pass_and_once()
    {
        var read = _reader.ReadAsync(Cancelled).AsTask();
        _reader.CancelPendingRead();
        _fixture.Pass();
        Assert.False(read.IsCompleted);
        _reader.CancelPendingRead();
        _fixture.Pass();
#pragma warning disable VSTHRD002, VSTHRD103, xUnit1031 // It has completed.
        Assert.True(read.Result.IsCanceled);
        _reader.AdvanceTo(read.Result.Buffer.End);
#pragma warning restore VSTHRD002, VSTHRD103, xUnit1031

        var next = _reader.ReadAsync(Cancelled);
        for (var i = 0; i < 10; i++)
        {
            _fixture.Pass();
        }

        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task First_read_on_the_poller_continues_immediately()
    {
        await WriteAsync("here");
        var read = "";
        _fixture.OnPoller(() =>
        {
            var reading = _reader.ReadAsync(Cancelled);
#pragma warning disable VSTHRD002, VSTHRD103, xUnit1031 // Only when it has completed.
            read = reading.IsCompletedSuccessfully ? Take(reading.Result) : "late";
#pragma warning restore VSTHRD002, VSTHRD103, xUnit1031
        });
        _fixture.Pass();
        Assert.Equal("here", read);
    }

    [Fact]
    public async Task Who_copies_gets_everything_from_the_first_byte_on()
    {
        await WriteAsync("all of it");
        await _pipe.Writer.CompleteAsync();
        using var copy = new MemoryStream();
        var copying = _reader.CopyToAsync(copy, Cancelled);
        _fixture.Pass();
        await copying;
        Assert.Equal("all of it"u8.ToArray(), copy.ToArray());
        await _reader.CompleteAsync();
    }

    /// <summary>Work that begets work: the poller never waits.</summary>
    private void StayBusy() => _fixture.OnPoller(StayBusy);

    private async Task WriteAsync(string text) => await _pipe.Writer.WriteAsync(Encoding.ASCII.GetBytes(text), Cancelled);

    private string Take(ReadResult read)
    {
        var text = Encoding.ASCII.GetString(read.Buffer);
        _reader.AdvanceTo(read.Buffer.End);
        return text;
    }
}
