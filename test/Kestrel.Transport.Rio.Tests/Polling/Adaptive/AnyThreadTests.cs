using System.IO.Pipelines;
using System.Text;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Scheduling.Adaptive;
using Kestrel.Transport.Rio.Tests.Conformance;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

/// <summary>Application work that becomes ready on another thread than the leader's, which is the poller's as well.</summary>
public sealed class AnyThreadTests
{
    [Fact]
    public async Task What_another_thread_schedules_runs_on_the_poller()
    {
        var fixture = new AdaptiveFixture();

        Assert.False(await RunsOnPoolAsync(fixture.Connection()));

        Assert.Equal(1, fixture.Runner.Role.Calls);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Work_from_another_thread_runs_beside_the_poller_like_its_connections()
    {
        var fixture = new AdaptiveFixture(activity: new ToldActivity());
        var slow = fixture.Connection("slow");
        fixture.KeepTooLong(slow);

        Assert.False(await RunsOnPoolAsync(slow));

        Spin.Until(() => fixture.Poller.Figures.WorkAside == 1, "its count");
        await fixture.StopAsync();
    }

    [Fact]
    public async Task Work_after_the_end_of_the_input_runs_on_the_pool()
    {
        var fixture = new AdaptiveFixture();

        Assert.True(await RunsOnPoolAsync(fixture.EndedConnection()));

        Assert.Equal(0, fixture.Runner.Role.Calls);
        await fixture.StopAsync();
    }

    [Fact]
    public async Task What_another_thread_schedules_while_the_poller_stops_runs_as_well()
    {
        const int Pieces = 1000;
        var fixture = new AdaptiveFixture();
        var connection = fixture.Connection();
        var (begun, ran) = (0, 0);
        var scheduling = Task.Run(
            () =>
            {
                for (var i = 0; i < Pieces; i++)
                {
                    Volatile.Write(ref begun, i);
                    connection.Schedule(_ => Interlocked.Increment(ref ran), state: null);
                }
            },
            TestContext.Current.CancellationToken);
        Spin.Until(() => Volatile.Read(ref begun) > Pieces / 10, "the first of it");

        await fixture.StopAsync();
        await scheduling;

        Spin.Until(() => Volatile.Read(ref ran) == Pieces, "all of it");
    }

    [Fact]
    public async Task First_read_overtaken_by_its_data_continues_on_the_poller()
    {
        var fixture = new AdaptiveFixture();
        var connection = fixture.Connection();
        var pipe = new Pipe(new PipeOptions(readerScheduler: connection, useSynchronizationContext: false));
        var reader = new PollerReader(new ReadOvertakenByItsData(pipe, "now"), fixture.Poller, connection);

        // Where Kestrel begins a connection.
        var (text, wasOnPool) = await Task.Run(ReadAsync, TestContext.Current.CancellationToken).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);

        Assert.Equal(("now", false), (text, wasOnPool));
        await fixture.StopAsync();

        async Task<(string Text, bool WasOnPool)> ReadAsync()
        {
            var read = await reader.ReadAsync(CancellationToken.None);
            return (Encoding.ASCII.GetString(read.Buffer), Thread.CurrentThread.IsThreadPoolThread);
        }
    }

    private static Task<bool> RunsOnPoolAsync(AdaptiveScheduler connection)
    {
        var ranOnPool = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.Schedule(_ => ranOnPool.SetResult(Thread.CurrentThread.IsThreadPoolThread), state: null);
        return ranOnPool.Task.WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
    }
}
