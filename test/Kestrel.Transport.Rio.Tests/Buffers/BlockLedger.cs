using System.Collections.Concurrent;
using Kestrel.Transport.Rio.Buffers;

namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>Notes every block that is out, and every breach: one lent twice, one returned that was not out.</summary>
internal sealed class BlockLedger : IBlockObserver
{
    private readonly ConcurrentDictionary<nint, int> _out = new();
    private int _breaches;

    public int Breaches => Volatile.Read(ref _breaches);

    public int Out => _out.Count;

    public void OnRented(nint address, int length) => Count(_out.TryAdd(address, length));

    public void OnReturned(nint address, int length) => Count(_out.TryRemove(address, out var rented) && rented == length);

    /// <summary>For the recording provider: nothing of a slab may be out when it is deregistered.</summary>
    public void OnDeregistering(nint address, int length) =>
        Count(_out.Keys.All(block => block < address || block >= address + length));

    private void Count(bool isRight)
    {
        if (!isRight)
        {
            Interlocked.Increment(ref _breaches);
        }
    }
}
