using LoadDriver.Loads;
using LoadDriver.Machine;
using Xunit;

namespace Kestrel.Transport.Rio.PerfTests;

/// <summary>What load generators print is read right, or refused.</summary>
public sealed class LoadOutputTests
{
    [Fact]
    public void The_figures_of_wrk_are_found_below_what_it_says_itself()
    {
        var result = WrkOutput.Parse("""
            Running 3s test @ http://127.0.0.1:5555/plaintext
              194230 requests in 3.01s, 24.08MB read
            Requests/sec:  64460.52
            figures requests=194230 microseconds=3010000 rate=65000 p50=418 p90=2760 p99=9700 p99.9=26220 connect=1 read=2 write=3 status=4 timeout=5

            """);

        Assert.Equal(194230, result.Requests);
        Assert.Equal(3.01, result.Seconds);
        Assert.Equal(194230 / 3.01, result.RequestsPerSecond);
        Assert.Equal(65000, result.MiddleRate);
        Assert.Equal(new Latency(418, 2760, 9700, 26220), result.Latency);
        Assert.Equal(15, result.Errors);
    }

    [Fact]
    public void A_percentile_that_wrk_answers_with_0_is_unknown()
    {
        var result = WrkOutput.Parse(
            "figures requests=1 microseconds=1 rate=1 p50=9 p90=10 p99=0 p99.9=0 connect=0 read=0 write=0 status=0 timeout=0");
        Assert.Equal(new Latency(9, 10, null, null), result.Latency);
    }

    [Fact]
    public void Output_of_wrk_without_figures_is_refused_and_shown()
    {
        var refused = Assert.Throws<LoadFailedException>(() => WrkOutput.Parse("unable to connect to 127.0.0.1:1"));
        Assert.Contains("unable to connect", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5.00s", 5.0)]
    [InlineData("250.50ms", 0.2505)]
    [InlineData("900us", 0.0009)]
    [InlineData("1.50m", 90.0)]
    public void The_summary_of_h2load_is_read_in_every_unit(string time, double seconds)
    {
        var result = H2LoadOutput.Parse($"""
            starting benchmark...
            finished in {time}, 49021.40 req/s, 6.12MB/s
            requests: 245110 total, 245366 started, 245110 done, 245100 succeeded, 1 failed, 2 errored, 7 timeout
            status codes: 245100 2xx, 0 3xx, 0 4xx, 0 5xx
            traffic: 30.62MB (32109410) total, 20.10MB (21079460) headers (space savings 0.00%), 3.04MB (3186430) data
            """);

        Assert.Equal(seconds, result.Seconds, 1e-9);
        Assert.Equal(245100, result.Requests);
        Assert.Equal(10, result.Errors);
    }

    [Fact]
    public void Output_of_h2load_without_a_summary_is_refused()
        => Assert.Throws<LoadFailedException>(() => H2LoadOutput.Parse("could not resolve address"));

    [Fact]
    public async Task Percentiles_of_h2load_leave_out_unanswered_requests()
    {
        // 1 to 1000 µs, in no order, and a failure that took longest of all.
        var lines = Enumerable.Range(1, 1000)
            .OrderBy(i => i * 7919 % 1000)
            .Select(i => $"1763000000000000\t200\t{i}")
            .Append("1763000000000000\t-1\t999999");

        Assert.Equal(new Latency(500, 900, 990, 999), await H2LoadLog.PercentilesAsync(lines.ToAsyncEnumerable()));
    }

    [Fact]
    public async Task A_log_without_answers_has_no_percentiles()
        => Assert.Null(await H2LoadLog.PercentilesAsync(new[] { "1763000000000000\t-1\t5", string.Empty }.ToAsyncEnumerable()));

    [Fact]
    public void The_count_of_echoed_messages_is_read()
    {
        var result = EchoLoad.Parse("echoed 123456 messages in 3.004 s\n");
        Assert.Equal(123456, result.Requests);
        Assert.Equal(3.004, result.Seconds);
        Assert.Throws<LoadFailedException>(() => EchoLoad.Parse("not done after 120 s"));
    }
}
