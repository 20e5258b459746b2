using System.Globalization;
using Kestrel.Transport.Rio.Torture.Server;

namespace Kestrel.Transport.Rio.Torture.Termination;

/// <summary>A request of a busy connection, and what its answer is made of.</summary>
/// <param name="Request">What is sent.</param>
/// <param name="Length">The length of the body that has to come back.</param>
/// <param name="IsPattern">The body is the pattern, or else the greeting.</param>
/// <param name="IsEndedByConnection">Nothing but the end of the connection says where the body ends.</param>
internal sealed record RequestKind(string Request, int Length, bool IsPattern, bool IsEndedByConnection)
{
    private const int LongestBody = 128 << 10;
    private const int LongestWait = 50;

    private static ReadOnlySpan<byte> Greeting => "Hello, World!"u8;

    /// <summary>Mostly short ones, as everywhere; and each way in which an answer can say how long it is.</summary>
    public static RequestKind Choose(Random random)
    {
        var length = random.Next(1, LongestBody);
        return random.Next(10) switch
        {
            0 => new(Get(TortureRoutes.Stream, length), length, IsPattern: true, IsEndedByConnection: false),
            1 => new(Get(TortureRoutes.Chunks, length), length, IsPattern: true, IsEndedByConnection: false),
            2 => new(Get(TortureRoutes.Chunks, length, "1.0"), length, IsPattern: true, IsEndedByConnection: true),
            3 or 4 => OfGreeting(Get(TortureRoutes.Wait, random.Next(LongestWait))),
            _ => OfGreeting(Get(TortureRoutes.Short, 0)),
        };
    }

    /// <summary>Throws unless these are the bytes of the body from there on.</summary>
    public void Check(ReadOnlySpan<byte> body, int offset)
    {
        if (body.Length > Length - offset)
        {
            throw new WrongAnswerException($"More than the {Length} bytes of the body came.");
        }

        var expected = new byte[body.Length];
        if (IsPattern)
        {
            Pattern.Fill(expected, offset);
        }
        else
        {
            Greeting[offset..(offset + body.Length)].CopyTo(expected);
        }

        if (!body.SequenceEqual(expected))
        {
            throw new WrongAnswerException($"Of the {body.Length} bytes at {offset} of the body one is wrong.");
        }
    }

    private static RequestKind OfGreeting(string request) => new(request, TortureRoutes.Hello.Length, IsPattern: false, IsEndedByConnection: false);

    private static string Get(string route, int amount, string version = "1.1")
        => string.Create(CultureInfo.InvariantCulture, $"GET /{route}/{amount} HTTP/{version}\r\nHost: x\r\n\r\n");
}
