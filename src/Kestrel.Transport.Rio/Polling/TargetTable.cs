using System.Diagnostics.CodeAnalysis;
using Kestrel.Transport.Rio.Contract.Support;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>The completion targets of one poller. The poller's thread only.</summary>
/// <param name="onFailed">Receives what a target throws while it is notified.</param>
internal sealed class TargetTable(Action<Exception> onFailed)
{
    private readonly SlotTable<CompletionTarget> _targets = new();
    private readonly List<CompletionTarget> _abandoned = [];

    public int Count => _targets.Count;

    public ulong Add(CompletionTarget target) => _targets.Add(target);

    public void Remove(ulong key) => _targets.Remove(key);

    /// <summary>Removes a target whose memory the kernel may still use. The target stays reachable for as long as the poller.</summary>
    public void Abandon(ulong key, CompletionTarget target)
    {
        _targets.Remove(key);
        _abandoned.Add(target);
    }

    public bool TryGet(ulong key, [NotNullWhen(true)] out CompletionTarget? target) => _targets.TryGet(key, out target);

    /// <summary>Notifies every target, also when one of them throws.</summary>
    public void NotifyAll(Action<CompletionTarget> notify)
    {
        foreach (var target in _targets.ToArray())
        {
            try
            {
                notify(target);
            }
            catch (Exception e)
            {
                onFailed(e);
            }
        }
    }
}
