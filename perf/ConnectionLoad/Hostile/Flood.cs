using System.Net;
using System.Net.Sockets;

namespace ConnectionLoad.Hostile;

/// <summary>So many hostile connections for so long; whichever the server ends comes again.</summary>
internal static class Flood
{
    // A server that turns everybody away is not to be measured by how fast this can ask.
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(10);

    public static async Task<bool> RunAsync(IPEndPoint server, FloodKind kind, int connections, int? rate, TimeSpan duration, CancellationToken ended)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(ended);
        over.CancelAfter(duration);
        await using var pace = rate is { } limit ? new Pace(limit, RapidResets.StreamsAtOnce, connections) : null;
        var tally = new FloodTally();
        await Task.WhenAll(Enumerable.Range(0, connections).Select(number => AttackAsync(server, kind, number, pace, tally, over.Token)));
        Console.WriteLine($"{kind}: {tally}");
        return true;
    }

    private static async Task AttackAsync(IPEndPoint server, FloodKind kind, int number, Pace? pace, FloodTally tally, CancellationToken over)
    {
        while (!over.IsCancellationRequested)
        {
            try
            {
                using var socket = await LoadSocket.OpenAsync(server, number, over);
                tally.Connected();
                await (kind switch
                {
                    FloodKind.Silence => Silence.KeepAsync(socket, over),
                    FloodKind.Bytes => OneByteSegments.SendAsync(socket, pace, tally, over),
                    FloodKind.Resets => HalfRequest.ResetAsync(socket, pace, tally, over),
                    _ => RapidResets.SendAsync(socket, pace, tally, over),
                });
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                tally.Refused();
                await Task.Delay(s_pause, CancellationToken.None);
            }
        }
    }
}
