using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;

namespace HelloRio.Routes;

/// <summary>Sends back what comes, without HTTP, until the peer ends or the host stops.</summary>
internal sealed class EchoConnectionHandler : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var input = connection.Transport.Input;
        var lifetime = connection.Features.Get<IConnectionLifetimeNotificationFeature>();
        using var stopping = lifetime?.ConnectionClosedRequested.Register(input.CancelPendingRead);
        try
        {
            await EchoAsync(input, connection.Transport.Output);
        }
        catch (ConnectionResetException)
        {
            // The peer is gone, and so is the reason to go on.
        }
    }

    private static async Task EchoAsync(PipeReader input, PipeWriter output)
    {
        while (true)
        {
            var read = await input.ReadAsync();
            foreach (var segment in read.Buffer)
            {
                await output.WriteAsync(segment);
            }

            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || read.IsCanceled)
            {
                return;
            }
        }
    }
}
