namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>An endpoint that only <see cref="ForeignTransportFactory"/> can bind, as a named pipe is on Windows.</summary>
public sealed class ForeignEndPoint : EndPoint
{
    public override string ToString() => nameof(ForeignEndPoint);
}
