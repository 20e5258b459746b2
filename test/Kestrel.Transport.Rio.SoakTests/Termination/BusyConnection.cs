using Kestrel.Transport.Rio.SoakTests.Scripts;

namespace Kestrel.Transport.Rio.SoakTests.Termination;

/// <summary>Makes one request after the other, each when the answer to the one before is there, until the server ends it.</summary>
/// <param name="server">Where to.</param>
/// <param name="seed">What is asked for.</param>
/// <param name="counts">What became of the requests.</param>
/// <param name="signalled">When the server was told to end. Before, no connection may end.</param>
internal sealed class BusyConnection(IPEndPoint server, int seed, StopCounts counts, CancellationToken signalled)
{
    private readonly Random _random = new(seed);

    /// <param name="connected">Told of the first connection.</param>
    /// <param name="deadline">From then on, whoever still waits waits for ever.</param>
    public async Task RunAsync(Action connected, CancellationToken deadline)
    {
        var request = RequestKind.Choose(_random);
        try
        {
            do
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(server, deadline);
                connected();
                await using var stream = new NetworkStream(socket);
                var reader = new AnswerReader(stream);
                do
                {
                    request = RequestKind.Choose(_random);
                    if (await ExchangeAsync(stream, reader, request, deadline) != AnswerEnd.Whole)
                    {
                        return;
                    }
                }
                while (!reader.IsLast && !request.IsEndedByConnection);
                await EndAsync(reader, deadline);
            }
            while (!signalled.IsCancellationRequested);
        }
        catch (SocketException) when (signalled.IsCancellationRequested)
        {
            // Refused, for nobody listens any more.
        }
        catch (Exception e)
        {
            counts.Add($"connection with seed {seed}, {request.Line}: {e}");
        }
    }

    private async Task<AnswerEnd> ExchangeAsync(NetworkStream stream, AnswerReader reader, RequestKind request, CancellationToken deadline)
    {
        var beganBefore = !signalled.IsCancellationRequested;
        AnswerEnd end;
        reader.Begin();
        try
        {
            await stream.WriteAsync(request.Bytes, deadline);
            end = await reader.ReadAsync(request, deadline);
        }
        catch (IOException)
        {
            end = reader.HasBegun ? AnswerEnd.Cut : AnswerEnd.Unanswered;
        }

        var endedAfter = signalled.IsCancellationRequested;
        counts.Add(end, beganBefore && endedAfter);
        return end == AnswerEnd.Whole || endedAfter ? end : throw new WrongAnswerException($"The connection ended before the signal: {end}.");
    }

    private static async Task EndAsync(AnswerReader reader, CancellationToken deadline)
    {
        try
        {
            await reader.ReadEndAsync(refusals: [], deadline);
        }
        catch (IOException)
        {
            // A reset after the whole of the last answer takes nothing away.
        }
    }
}
