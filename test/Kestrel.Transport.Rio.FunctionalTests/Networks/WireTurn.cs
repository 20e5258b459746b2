namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary>A change that a <see cref="Wire"/> makes when it has carried so many bytes.</summary>
internal sealed record WireTurn(long At, Action Change)
{
    public TaskCompletionSource Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}
