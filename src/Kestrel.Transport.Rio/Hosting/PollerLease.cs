using System.Diagnostics.CodeAnalysis;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Diagnostics;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Hosting;

/// <summary>The pollers while there are endpoints: started for the first that is bound, stopped with the last that is disposed.</summary>
/// <param name="start">Starts the pollers.</param>
/// <param name="log">What pollers log goes through it; null where logs neither throw nor block.</param>
internal sealed class PollerLease(Func<RegisteredIo, PollerGroup> start, LogQueue? log = null)
{
    // A sink that takes no lines for so long holds up neither a start nor a stop; it gets them later, or never.
    private static readonly TimeSpan s_flushTimeout = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private PollerGroup? _group;
    private int _endpoints;

    /// <summary>False, with the reason, where this machine has no registered I/O.</summary>
    public bool TryAcquire([NotNullWhen(true)] out PollerGroup? group, [NotNullWhen(false)] out string? reason)
    {
        lock (_lock)
        {
            reason = null;
            group = _group ??= Start(out reason);
            if (group is not null)
            {
                _endpoints++;
            }

            return group is not null;
        }
    }

    public async ValueTask ReleaseAsync()
    {
        PollerGroup? last = null;
        lock (_lock)
        {
            if (--_endpoints == 0)
            {
                last = _group;
                _group = null;
            }
        }

        if (last is not null)
        {
            await last.StopAsync();
            await FlushLogAsync();
            log?.Close();
        }
    }

    /// <summary>What was logged so far is written, if the sinks take it in time.</summary>
    public Task FlushLogAsync() => log?.FlushAsync(s_flushTimeout) ?? Task.CompletedTask;

    private PollerGroup? Start(out string? reason)
    {
        if (!RegisteredIoProvider.TryCreate(out var io, out reason))
        {
            return null;
        }

        try
        {
            log?.Open();
        }
        catch (OutOfMemoryException e)
        {
            io.Dispose();
            reason = $"The machine gives no thread. {e.Message}";
            return null;
        }

        try
        {
            return start(io);
        }
        catch (PlatformNotSupportedException e)
        {
            // The probe was answered, but what is really needed was not.
            io.Dispose();
            log?.Close();
            reason = e.Message;
            return null;
        }
        catch
        {
            io.Dispose();
            log?.Close();
            throw;
        }
    }
}
