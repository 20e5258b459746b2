namespace Kestrel.Transport.Rio.Tests.Verification;

internal sealed class LifecycleBreachException(LifecycleRule rule, string message) : Exception($"{rule}: {message}")
{
    public LifecycleRule Rule { get; } = rule;
}
