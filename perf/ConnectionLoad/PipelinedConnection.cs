using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace ConnectionLoad;

/// <summary>
/// One connection in a closed loop: it writes so many requests at once, waits for all the answers, and does so again. It
/// allocates nothing for a request, and looks at every answer.
/// </summary>
internal sealed class PipelinedConnection : IDisposable
{
    private static readonly byte[] s_request = "GET /plaintext HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray();

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _requests;
    private byte[] _answers = new byte[1024];
    private int _answerLength;

    public PipelinedConnection(int depth)
    {
        Depth = depth;
        _requests = new byte[depth * s_request.Length];
        for (var i = 0; i < depth; i++)
        {
            s_request.CopyTo(_requests, i * s_request.Length);
        }
    }

    public int Depth { get; }

    /// <summary>All requests that were answered.</summary>
    public long Answered { get; private set; }

    /// <summary>Those of them that were written after the warm-up.</summary>
    public long Measured { get; private set; }

    /// <summary>From the write of so many requests to the last answer.</summary>
    public LatencyHistogram Latencies { get; } = new();

    private static ReadOnlySpan<byte> ExpectedStart => "HTTP/1.1 200 "u8;

    private static ReadOnlySpan<byte> ExpectedEnd => "\r\n\r\nHello, World!"u8;

    /// <summary>Connects, and learns by one request how long an answer is: all are as long as the first.</summary>
    public async Task OpenAsync(IPEndPoint server, CancellationToken ended)
    {
        await _socket.ConnectAsync(server, ended);
        await _socket.SendAsync(s_request, ended);
        while (!IsAnswer(_answers.AsSpan(0, _answerLength)))
        {
            _answerLength += await ReceiveAsync(_answers.AsMemory(_answerLength), ended);
        }

        Answered++;
        _answers = new byte[Depth * _answerLength];
    }

    /// <param name="measureFrom">When what is written is measured, as a time stamp of <see cref="Stopwatch"/>.</param>
    /// <param name="until">When nothing is written any more.</param>
    /// <param name="ended">The deadline.</param>
    public async Task RunAsync(long measureFrom, long until, CancellationToken ended)
    {
        for (var start = Stopwatch.GetTimestamp(); start < until; start = Stopwatch.GetTimestamp())
        {
            for (var sent = 0; sent < _requests.Length;)
            {
                sent += await _socket.SendAsync(_requests.AsMemory(sent), ended);
            }

            for (var received = 0; received < _answers.Length;)
            {
                received += await ReceiveAsync(_answers.AsMemory(received), ended);
            }

            CheckAnswers();
            Answered += Depth;
            if (start >= measureFrom)
            {
                Measured += Depth;
                Latencies.Add(Stopwatch.GetTimestamp() - start);
            }
        }
    }

    public void Dispose() => _socket.Dispose();

    private static bool IsAnswer(ReadOnlySpan<byte> bytes) => bytes.StartsWith(ExpectedStart) && bytes.EndsWith(ExpectedEnd);

    private async ValueTask<int> ReceiveAsync(Memory<byte> into, CancellationToken ended)
    {
        if (into.IsEmpty)
        {
            throw new IOException("The server answered something else.");
        }

        var received = await _socket.ReceiveAsync(into, ended);
        return received > 0 ? received : throw new IOException("The server closed the connection before its answer was whole.");
    }

    private void CheckAnswers()
    {
        for (var i = 0; i < Depth; i++)
        {
            if (!IsAnswer(_answers.AsSpan(i * _answerLength, _answerLength)))
            {
                throw new IOException("The server answered something else.");
            }
        }
    }
}
