namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>A body that announces its length, gives some of its bytes, and then cancels its request.</summary>
internal sealed class CutContent(int length, int cut, int salt, CancellationTokenSource request) : HttpContent
{
    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        await Pattern.WriteAsync(stream, cut, salt, cancellationToken);
        await stream.FlushAsync(cancellationToken);
        await request.CancelAsync();
        request.Token.ThrowIfCancellationRequested();
    }

    protected override bool TryComputeLength(out long bytes)
    {
        bytes = length;
        return true;
    }
}
