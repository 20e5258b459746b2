using System.Net.Sockets;
using Kestrel.Transport.Rio.Tests.Transport.Schedules;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Echo;

/// <summary>Writes the pattern of its own number, and checks that what comes back is just that, as far as it comes.</summary>
internal sealed class EchoClient(Socket socket, ClientPlan plan, byte number)
{
    private readonly Pattern _pattern = new(number);

    public ClientPlan Plan => plan;

    public byte Number => number;

    public int Received { get; private set; }

    /// <summary>The server's FIN came, and no error.</summary>
    public bool SawEnd { get; private set; }

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var owned = socket;
        var receiving = ReceiveAsync(cancellationToken);
        await SendAsync(cancellationToken);
        if (plan.Resets)
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
            socket.Dispose();
        }

        await receiving;
    }

    public override string ToString()
        => $"client {number}: {Received} of {plan.Bytes}{(SawEnd ? ", FIN" : "")}{(plan.Resets ? ", resets" : "")}";

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        var piece = new byte[plan.Piece];
        try
        {
            for (var sent = 0; sent < plan.Bytes;)
            {
                var length = Math.Min(plan.Piece, plan.Bytes - sent);
                _pattern.Fill(piece.AsSpan(0, length), sent);
                sent += await socket.SendAsync(piece.AsMemory(0, length), cancellationToken);
            }

            if (!plan.Resets)
            {
                socket.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException)
        {
            // The server is gone. What it sent before is still there to be read.
        }
    }

    private async Task ReceiveAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken) is > 0 and var count)
            {
                _pattern.AssertIs(buffer.AsSpan(0, count), Received, $"the echo at client {number}");
                Received += count;
                Assert.True(Received <= plan.Bytes, $"Client {number} has got more than it wrote.");
            }

            SawEnd = true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            // A reset, by the server or here.
        }
    }
}
