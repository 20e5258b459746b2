namespace Kestrel.Transport.Rio.Polling;

/// <summary>Application work that is ready to run.</summary>
/// <param name="Action">The continuation.</param>
/// <param name="State">Its argument.</param>
/// <param name="Source">The connection that it is for, where the poller adapts to what its work does; otherwise null.</param>
internal readonly record struct ReadyWork(Action<object?> Action, object? State, AdaptiveScheduler? Source = null);
