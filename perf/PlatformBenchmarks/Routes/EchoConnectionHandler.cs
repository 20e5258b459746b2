using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace PlatformBenchmarks.Routes;

/// <summary>Sends back what comes, without HTTP: what it allocates for a message is the transport's.</summary>
internal sealed class EchoConnectionHandler : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        var output = connection.Transport.Output;
        try
        {
            while (true)
            {
                var read = await input.ReadAsync(connection.ConnectionClosed);
                foreach (var segment in read.Buffer)
                {
                    output.Write(segment.Span);
                }

                input.AdvanceTo(read.Buffer.End);
                var flushed = await output.FlushAsync();
                if (read.IsCompleted || flushed.IsCompleted)
                {
                    return;
                }
            }
        }
        catch (Exception ended) when (ended is ConnectionResetException or OperationCanceledException)
        {
            // The peer is gone, and so is the reason to go on.
        }
    }
}
