namespace Kestrel.Transport.Rio.Scheduling.Adaptive;

/// <summary>Which application work a poller gives to the thread pool, whatever is known of the connection itself. Each is more than the one before.</summary>
internal enum PooledWork
{
    None,

    /// <summary>Of connections of which it is not known that they are quick.</summary>
    Unproven,
    All,
}
