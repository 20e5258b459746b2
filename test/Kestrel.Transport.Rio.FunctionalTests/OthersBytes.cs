using System.IO.Pipelines;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>Memory goes from connection to connection, above all from those that end in the middle of a transfer; bytes do not.</summary>
public abstract class OthersBytes(Engine engine) : FunctionalTest(engine)
{
    private const int Length = 256 * 1024;
    private const int PieceLength = 16 * 1024;
    private const int Lanes = 16;
    private const int RoundsOfALane = 12;

    [Fact]
    public async Task Connection_never_sees_bytes_of_another_one()
    {
        var foreign = 0;
        var host = await StartRawAsync(async connection =>
        {
            var value = await ReadValueAsync(connection.Transport.Input);
            var receiving = ReceiveAsync(connection.Transport.Input, value, count => Interlocked.Add(ref foreign, count));
            await SendAsync(connection, value);
            await receiving;
        });

        var whole = 0;
        await Task.WhenAll(Enumerable.Range(0, Lanes).Select(lane => Task.Run(async () =>
        {
            for (var round = 0; round < RoundsOfALane; round++)
            {
                // Every connection a value of its own, as long as there are so many.
                var value = (byte)(1 + (((round * Lanes) + lane) % 250));
                if (await ConverseAsync(host, value, isReset: round % 3 == 2))
                {
                    Interlocked.Increment(ref whole);
                }
            }
        })));

        Assert.Equal(0, foreign);

        // What was neither reset by the client nor aborted by the server came whole, so that something was seen.
        Assert.Equal(Enumerable.Range(0, Lanes * RoundsOfALane).Count(static i => i / Lanes % 3 != 2 && !IsAborted((byte)(1 + (i % 250)))), whole);
    }

    private static bool IsAborted(byte value) => value % 5 == 0;

    /// <summary>True when all came.</summary>
    private async Task<bool> ConverseAsync(TestHost host, byte value, bool isReset)
    {
        using var client = await host.ConnectAsync(Deadline);
        var bytes = new byte[PieceLength];
        bytes.AsSpan().Fill(value);
        await client.SendAsync(bytes);
        var received = 0;
        try
        {
            while (received < Length)
            {
                var read = await client.ReadAsync();
                if (read.IsEmpty)
                {
                    break;
                }

                Assert.Equal(-1, read.Span.IndexOfAnyExcept(value));
                received += read.Length;
                if (isReset && received > Length / 3)
                {
                    client.Reset();
                    return false;
                }
            }
        }
        catch (IOException) when (IsAborted(value))
        {
            // The server's RST.
        }
        catch (SocketException) when (IsAborted(value))
        {
            // The same.
        }

        return received == Length;
    }

    private async Task<byte> ReadValueAsync(PipeReader input)
    {
        var read = await input.ReadAsync(Deadline);
        var value = read.Buffer.FirstSpan[0];
        input.AdvanceTo(read.Buffer.Start);
        return value;
    }

    private async Task ReceiveAsync(PipeReader input, byte value, Action<int> onForeign)
    {
        for (var left = PieceLength; left > 0;)
        {
            ReadResult read;
            try
            {
                read = await input.ReadAsync(Deadline);
            }
            catch (ConnectionAbortedException)
            {
                return;
            }
            catch (ConnectionResetException)
            {
                return;
            }

            foreach (var segment in read.Buffer)
            {
                onForeign(segment.Length - segment.Span.Count(value));
            }

            left -= (int)read.Buffer.Length;
            input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private async Task SendAsync(ConnectionContext connection, byte value)
    {
        var piece = new byte[PieceLength];
        piece.AsSpan().Fill(value);
        for (var sent = 0; sent < Length; sent += PieceLength)
        {
            if (IsAborted(value) && sent > Length / 2)
            {
                connection.Abort(new ConnectionAbortedException("in mid-transfer"));
                return;
            }

            var flushed = await connection.Transport.Output.WriteAsync(piece, Deadline);
            if (flushed.IsCompleted)
            {
                return;
            }
        }
    }

    public sealed class OnSockets() : OthersBytes(Engine.Sockets);

    public sealed class OnRio() : OthersBytes(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : OthersBytes(Engine.RioInline);

    public sealed class OnRioAdaptive() : OthersBytes(Engine.RioAdaptive);
}
