using System.Diagnostics;
using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>Takes a sample now and every ten seconds, while a run goes on.</summary>
internal sealed class RunSeries : IAsyncDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private readonly PeriodicTimer _timer = new(s_interval);
    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly List<RunSample> _samples;
    private readonly Tally _tally;
    private readonly HostFigures? _figures;
    private readonly Task _running;

    /// <param name="server">Whose figures are read.</param>
    /// <param name="transport">Sockets has no figures of ours.</param>
    /// <param name="tally">What has been done so far.</param>
    /// <param name="samples">Gets the samples. Nobody else's until this is disposed.</param>
    public RunSeries(SoakServer server, SoakTransport transport, Tally tally, List<RunSample> samples)
    {
        // Its own, for they are not to be read by two at a time.
        _figures = transport == SoakTransport.Rio ? new HostFigures(server.Services) : null;
        _tally = tally;
        _samples = samples;
        _running = Task.Run(RunAsync);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _running;
        _figures?.Dispose();
    }

    private async Task RunAsync()
    {
        do
        {
            _samples.Add(RunSample.Take(Stopwatch.GetElapsedTime(_start), _figures?.Read("rio.memory.registered") ?? 0, _tally.Done));
        }
        while (await _timer.WaitForNextTickAsync());
    }
}
