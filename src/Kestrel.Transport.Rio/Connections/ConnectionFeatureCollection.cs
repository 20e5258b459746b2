using System.Collections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// The features of a connection: those that the connection is itself, until somebody replaces or removes one, and what others
/// have added. It holds an entry for the latter only, where a dictionary takes 650 bytes of every idle connection.
/// </summary>
internal sealed class ConnectionFeatureCollection(object connection) : IFeatureCollection
{
    // Kestrel adds five to a connection with HTTP.
    private const int FirstEntries = 6;

    private static readonly Type[] s_own =
    [
        typeof(IConnectionIdFeature), typeof(IConnectionTransportFeature), typeof(IConnectionItemsFeature), typeof(IMemoryPoolFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IConnectionSocketFeature),
    ];

    private KeyValuePair<Type, object?>[] _entries = [];
    private int _count;

    public bool IsReadOnly => false;

    public int Revision { get; private set; }

    public object? this[Type key]
    {
        get
        {
            ArgumentNullException.ThrowIfNull(key);
            var index = IndexOf(key);
            return index >= 0 ? _entries[index].Value : IsOwn(key) ? connection : null;
        }

        set
        {
            ArgumentNullException.ThrowIfNull(key);
            var index = IndexOf(key);
            if (index >= 0 && value is null && _entries[index].Value is null)
            {
                return;
            }

            if (index >= 0)
            {
                _entries[index] = new KeyValuePair<Type, object?>(key, value);
            }
            else if (value is not null || IsOwn(key))
            {
                Add(key, value);
            }
            else
            {
                return;
            }

            Revision++;
        }
    }

    public TFeature? Get<TFeature>()
    {
        var feature = this[typeof(TFeature)];
        if (feature is null && default(TFeature) is not null)
        {
            throw new InvalidOperationException($"{typeof(TFeature)} is not set, and a value type cannot be null.");
        }

        return (TFeature?)feature;
    }

    public void Set<TFeature>(TFeature? instance) => this[typeof(TFeature)] = instance;

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator()
    {
        foreach (var type in s_own)
        {
            if (IndexOf(type) < 0)
            {
                yield return new KeyValuePair<Type, object>(type, connection);
            }
        }

        for (var i = 0; i < _count; i++)
        {
            if (_entries[i].Value is { } value)
            {
                yield return new KeyValuePair<Type, object>(_entries[i].Key, value);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static bool IsOwn(Type key) => Array.IndexOf(s_own, key) >= 0;

    private int IndexOf(Type key)
    {
        for (var i = 0; i < _count; i++)
        {
            if (_entries[i].Key == key)
            {
                return i;
            }
        }

        return -1;
    }

    private void Add(Type key, object? value)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, Math.Max(FirstEntries, 2 * _count));
        }

        _entries[_count++] = new KeyValuePair<Type, object?>(key, value);
    }
}
