namespace Kestrel.Transport.Rio.FunctionalTests.Clients;

/// <summary>A request body of any size that is never in memory as a whole.</summary>
public sealed class PatternContent(long size, bool chunked, int salt = 0) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken) =>
        Pattern.WriteAsync(stream, size, salt, cancellationToken);

    protected override bool TryComputeLength(out long length)
    {
        length = size;
        return !chunked;
    }
}
