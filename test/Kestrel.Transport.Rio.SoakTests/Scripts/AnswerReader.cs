using System.Globalization;

namespace Kestrel.Transport.Rio.SoakTests.Scripts;

/// <summary>
/// Reads answers from a connection that may end at any byte, and checks each byte when it comes, so that what came of an answer
/// that is not whole has been checked too.
/// </summary>
internal sealed class AnswerReader(Stream stream)
{
    private const int BufferSize = 16 << 10;

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _start;
    private int _end;

    /// <summary>Whether the server has said that this was the last answer.</summary>
    public bool IsLast { get; private set; }

    /// <summary>Whether a byte has come since <see cref="Begin"/>.</summary>
    public bool HasBegun { get; private set; }

    private Span<byte> Unread => _buffer.AsSpan(_start.._end);

    /// <summary>What comes from now on is the answer to another request.</summary>
    public void Begin() => HasBegun = _start != _end;

    public async Task<AnswerEnd> ReadAsync(RequestKind request, CancellationToken deadline)
    {
        if (await ReadHeadAsync(deadline) is not { } head)
        {
            return HasBegun ? AnswerEnd.Cut : AnswerEnd.Unanswered;
        }

        if (!head.StartsWith("HTTP/1.1 200 ", StringComparison.Ordinal))
        {
            throw new WrongAnswerException($"The answer is {head}");
        }

        IsLast = head.Contains("\r\nConnection: close\r\n", StringComparison.OrdinalIgnoreCase);
        if (request.IsEndedByConnection)
        {
            return await ReadToEndAsync(request, deadline);
        }

        return head.Contains("\r\nTransfer-Encoding: chunked\r\n", StringComparison.OrdinalIgnoreCase)
            ? await ReadChunksAsync(request, deadline)
            : await ReadCountedAsync(request, head, deadline);
    }

    /// <summary>After the last answer nothing may come but the end, and before it one refusal of what the client did not finish.</summary>
    /// <param name="refusals">The status codes that are a refusal.</param>
    /// <param name="deadline">From then on, whoever still waits waits for ever.</param>
    public async Task ReadEndAsync(int[] refusals, CancellationToken deadline)
    {
        while (await FillAsync(deadline))
        {
        }

        var said = Encoding.ASCII.GetString(Unread);
        if (said.Length > 0 && !Array.Exists(refusals, status => IsBegun(said, $"HTTP/1.1 {status} ")))
        {
            throw new WrongAnswerException($"More came after the last answer: {said}");
        }
    }

    private static bool IsBegun(string said, string expected)
        => said.StartsWith(expected, StringComparison.Ordinal) || expected.StartsWith(said, StringComparison.Ordinal);

    private async Task<AnswerEnd> ReadCountedAsync(RequestKind request, string head, CancellationToken deadline)
    {
        if (!head.Contains($"\r\nContent-Length: {request.Length}\r\n", StringComparison.OrdinalIgnoreCase))
        {
            throw new WrongAnswerException($"{request.Length} bytes were to come: {head}");
        }

        return await CheckAsync(request, 0, request.Length, deadline) ? AnswerEnd.Whole : AnswerEnd.Cut;
    }

    private async Task<AnswerEnd> ReadChunksAsync(RequestKind request, CancellationToken deadline)
    {
        for (var offset = 0; ;)
        {
            if (await ReadThroughAsync("\r\n"u8.ToArray(), deadline) is not { } line)
            {
                return AnswerEnd.Cut;
            }

            var size = int.Parse(line, NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            if (!await CheckAsync(request, offset, size, deadline) || await ReadThroughAsync("\r\n"u8.ToArray(), deadline) is not { } end)
            {
                return AnswerEnd.Cut;
            }

            offset += size;
            if (end.Length > 0 || (size == 0 && offset != request.Length))
            {
                throw new WrongAnswerException($"The chunks end after {offset} of {request.Length} bytes, with '{end}'.");
            }

            if (size == 0)
            {
                return AnswerEnd.Whole;
            }
        }
    }

    private async Task<AnswerEnd> ReadToEndAsync(RequestKind request, CancellationToken deadline)
    {
        var offset = 0;
        do
        {
            request.Check(Unread, offset);
            offset += Unread.Length;
            _start = _end;
        }
        while (await FillAsync(deadline));

        // A FIN, for a reset would have thrown: whoever got this takes it for all of the body.
        return offset == request.Length
            ? AnswerEnd.Whole
            : throw new WrongAnswerException($"A body that the connection's end delimits ended after {offset} of {request.Length} bytes.");
    }

    /// <summary>So many bytes of the body, or false when the connection ends before them.</summary>
    private async Task<bool> CheckAsync(RequestKind request, int offset, int count, CancellationToken deadline)
    {
        while (count > 0)
        {
            if (_start == _end && !await FillAsync(deadline))
            {
                return false;
            }

            var part = Unread[..Math.Min(count, Unread.Length)];
            request.Check(part, offset);
            offset += part.Length;
            count -= part.Length;
            _start += part.Length;
        }

        return true;
    }

    private async Task<string?> ReadHeadAsync(CancellationToken deadline)
        => await ReadThroughAsync("\r\n\r\n"u8.ToArray(), deadline) is { } head ? head + "\r\n" : null;

    /// <summary>What comes before these bytes, which are taken too; null when the connection ends before them.</summary>
    private async Task<string?> ReadThroughAsync(byte[] delimiter, CancellationToken deadline)
    {
        int index;
        while ((index = Unread.IndexOf(delimiter)) < 0)
        {
            if (!await FillAsync(deadline))
            {
                return null;
            }
        }

        var text = Encoding.ASCII.GetString(Unread[..index]);
        _start += index + delimiter.Length;
        return text;
    }

    /// <summary>More bytes, or false at the server's FIN.</summary>
    private async Task<bool> FillAsync(CancellationToken deadline)
    {
        Unread.CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        if (_end == _buffer.Length)
        {
            throw new WrongAnswerException("A line or a head is too long.");
        }

        var count = await stream.ReadAsync(_buffer.AsMemory(_end), deadline);
        _end += count;
        HasBegun |= count > 0;
        return count > 0;
    }
}
