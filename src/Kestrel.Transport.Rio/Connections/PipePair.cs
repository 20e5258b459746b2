using System.IO.Pipelines;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>The application's view of a connection's two pipes.</summary>
internal sealed class PipePair(PipeReader input, PipeWriter output) : IDuplexPipe
{
    public PipeReader Input { get; } = input;

    public PipeWriter Output { get; } = output;
}
