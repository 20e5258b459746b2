using Kestrel.Transport.Rio.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Connections;

public sealed class ConnectionIdsTests
{
    [Fact]
    public void Ids_are_13_digits_to_the_base_of_32_and_rise_with_each()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => ConnectionIds.Next()).ToArray();

        Assert.All(ids, id => Assert.Matches("^[0-9A-V]{13}$", id));
        Assert.Equal(ids.Order(StringComparer.Ordinal), ids);
        Assert.Equal(ids.Length, ids.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task No_two_threads_get_the_same()
    {
        var batches = await Task.WhenAll(Enumerable.Range(0, 4).Select(
            _ => Task.Run(() => Enumerable.Range(0, 10_000).Select(_ => ConnectionIds.Next()).ToArray())));

        Assert.Equal(40_000, batches.SelectMany(ids => ids).Distinct(StringComparer.Ordinal).Count());
    }
}
