using Kestrel.Transport.Rio.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Connections;

/// <summary>It behaves as the framework's collection does with the same features in it, which stands beside it each time.</summary>
public sealed class ConnectionFeatureCollectionTests
{
    private readonly Connection _connection = new();
    private readonly ConnectionFeatureCollection _ours;
    private readonly FeatureCollection _control = new();

    public ConnectionFeatureCollectionTests()
    {
        _ours = new ConnectionFeatureCollection(_connection);
        foreach (var own in new[]
        {
            typeof(IConnectionIdFeature), typeof(IConnectionTransportFeature), typeof(IConnectionItemsFeature), typeof(IMemoryPoolFeature),
            typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IConnectionSocketFeature),
        })
        {
            _control[own] = _connection;
        }
    }

    [Fact]
    public void It_begins_with_what_the_connection_is()
    {
        Same();
        Assert.Same(_connection, _ours[typeof(IConnectionSocketFeature)]);
    }

    [Fact]
    public void Many_are_added_and_replaced()
    {
        Type[] types = [typeof(int), typeof(string), typeof(object), typeof(long), typeof(short), typeof(byte), typeof(char), typeof(Type)];
        foreach (var type in types)
        {
            Both(features => features[type] = "first");
        }

        Both(features => features[typeof(short)] = "second");
        Assert.Equal("second", _ours[typeof(short)]);
        Assert.Equal("first", _ours[typeof(Type)]);
    }

    [Fact]
    public void What_the_connection_is_can_be_replaced_removed_and_put_back()
    {
        var other = new Connection();
        Both(features => features.Set<IConnectionIdFeature>(other));
        Assert.Same(other, _ours.Get<IConnectionIdFeature>());

        Both(static features => features.Set<IConnectionIdFeature>(null));
        Assert.Null(_ours.Get<IConnectionIdFeature>());

        Both(features => features.Set<IConnectionIdFeature>(_connection));
        Assert.Same(_connection, _ours.Get<IConnectionIdFeature>());
    }

    [Fact]
    public void What_is_removed_is_gone_from_all_views()
    {
        Both(features => features.Set(this));
        Both(static features => features.Set<ConnectionFeatureCollectionTests>(null));
        Both(static features => features.Set<ConnectionFeatureCollectionTests>(null));
        Assert.Null(_ours.Get<ConnectionFeatureCollectionTests>());
        Assert.DoesNotContain(_ours, static feature => feature.Key == typeof(ConnectionFeatureCollectionTests));
    }

    [Fact]
    public void Removing_a_missing_feature_changes_nothing()
    {
        var revision = _ours.Revision;
        Both(static features => features.Set<string>(null));
        Assert.Equal(revision, _ours.Revision);
    }

    [Fact]
    public void A_value_type_that_is_not_set_cannot_be_got()
    {
        Assert.Throws<InvalidOperationException>(() => _control.Get<int>());
        Assert.Throws<InvalidOperationException>(() => _ours.Get<int>());
        Assert.Null(_ours.Get<int?>());
        Both(static features => features.Set(3));
        Assert.Equal(3, _ours.Get<int>());
    }

    [Fact]
    public void There_is_no_feature_without_a_type()
    {
        Assert.Throws<ArgumentNullException>(() => _ours[null!]);
        Assert.Throws<ArgumentNullException>(() => _ours[null!] = this);
    }

    /// <summary>Does it to both, whose revisions go on together, and compares what is in them.</summary>
    private void Both(Action<IFeatureCollection> change)
    {
        var (ours, control) = (_ours.Revision, _control.Revision);
        change(_ours);
        change(_control);
        Assert.Equal(_control.Revision != control, _ours.Revision != ours);
        Same();
    }

    private void Same() => Assert.Equal(
        _control.OrderBy(static feature => feature.Key.FullName, StringComparer.Ordinal),
        _ours.OrderBy(static feature => feature.Key.FullName, StringComparer.Ordinal));

    private sealed class Connection : IConnectionIdFeature
    {
        public string ConnectionId { get; set; } = "";
    }
}
