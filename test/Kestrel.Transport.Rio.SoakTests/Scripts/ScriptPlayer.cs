namespace Kestrel.Transport.Rio.SoakTests.Scripts;

/// <summary>Plays a script up to some byte of it, pipelined or each request when the one before is answered, and checks what comes back.</summary>
internal sealed class ScriptPlayer(Stream stream, RequestScript script, Random random, bool isPipelined)
{
    // Less than a record of TLS holds: one that is cut takes nothing through of what is in it.
    private const int MaxPiece = 4000;

    private readonly AnswerReader _answers = new(stream);
    private int _sent;
    private int _answered;

    /// <summary>Sends the first bytes of the script.</summary>
    public async Task SendAsync(int cut, CancellationToken deadline)
    {
        while (_sent < cut)
        {
            var last = isPipelined ? cut : Math.Min(cut, script.EndOf(_answered));
            var count = Math.Min(random.Next(1, MaxPiece), last - _sent);
            await stream.WriteAsync(script.Bytes.AsMemory(_sent, count), deadline);
            _sent += count;
            if (!isPipelined && _sent == script.EndOf(_answered))
            {
                if (await _answers.ReadAsync(script.Requests[_answered], deadline) is not AnswerEnd.Whole and var end)
                {
                    throw new IOException($"The server ended the connection, and nobody had asked it to: {end}.");
                }

                _answered++;
            }
        }
    }

    /// <summary>
    /// After the client's FIN: what still comes has to be right, and of requests that were sent whole. To Kestrel, who sees a FIN, the
    /// client is gone, on Sockets too, so it may end the connection at any byte; and it may refuse half a request.
    /// </summary>
    /// <param name="refusals">With which status codes it may.</param>
    /// <param name="deadline">From then on, whoever still waits waits for ever.</param>
    public async Task ReadRestAsync(int[] refusals, CancellationToken deadline)
    {
        try
        {
            if (await ReadAnswersAsync(deadline))
            {
                await _answers.ReadEndAsync(script.IsCutAt(_sent) ? refusals : [], deadline);
            }
        }
        catch (IOException)
        {
            // A reset: what had come before it was checked.
        }
    }

    /// <summary>The answers to all that was sent whole; false when the connection ends before.</summary>
    public async Task<bool> ReadAnswersAsync(CancellationToken deadline)
    {
        for (var whole = script.WholeWithin(_sent); _answered < whole; _answered++)
        {
            if (await _answers.ReadAsync(script.Requests[_answered], deadline) != AnswerEnd.Whole)
            {
                return false;
            }
        }

        return true;
    }
}
