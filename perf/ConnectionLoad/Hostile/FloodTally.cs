namespace ConnectionLoad.Hostile;

/// <summary>What a flood has come to. Any thread.</summary>
internal sealed class FloodTally
{
    private long _connections;
    private long _blows;
    private long _refused;

    public void Connected() => Interlocked.Increment(ref _connections);

    public void Strike(int count) => Interlocked.Add(ref _blows, count);

    /// <summary>The server has ended a connection, or taken none.</summary>
    public void Refused() => Interlocked.Increment(ref _refused);

    public override string ToString() => $"{_connections} connections, {_blows} blows, {_refused} times turned away";
}
