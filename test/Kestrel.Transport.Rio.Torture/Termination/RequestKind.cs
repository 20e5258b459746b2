using Kestrel.Transport.Rio.Torture.Server;

namespace Kestrel.Transport.Rio.Torture.Termination;

/// <summary>A request of a busy connection, and what its answer is made of.</summary>
/// <param name="Request">What is sent.</param>
/// <param name="Length">The length of the body that has to come back.</param>
/// <param name="Salt">What the body depends on.</param>
/// <param name="IsPattern">The body is the pattern, or else the greeting.</param>
/// <param name="IsEndedByConnection">Nothing but the end of the connection says where the body ends.</param>
internal sealed record RequestKind(string Request, int Length, int Salt, bool IsPattern, bool IsEndedByConnection)
{
    private const int LongestBody = 128 << 10;
    private const int LongestWait = 50;

    /// <summary>Mostly short ones, as everywhere; and each way in which an answer can say how long it is.</summary>
    public static RequestKind Choose(Random random)
    {
        var (length, salt) = (random.Next(1, LongestBody), random.Next());
        return random.Next(10) switch
        {
            0 => new(Get(TortureRoutes.Stream, length, salt), length, salt, IsPattern: true, IsEndedByConnection: false),
            1 => new(Get(TortureRoutes.Chunks, length, salt), length, salt, IsPattern: true, IsEndedByConnection: false),
            2 => new(Get(TortureRoutes.Chunks, length, salt, "1.0"), length, salt, IsPattern: true, IsEndedByConnection: true),
            3 or 4 => OfGreeting(TortureRoutes.Wait, random.Next(LongestWait), salt),
            _ => OfGreeting(TortureRoutes.Short, 0, salt),
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
            Pattern.Fill(expected, offset, Salt);
        }
        else
        {
            Encoding.ASCII.GetBytes(TortureRoutes.Greeting(Salt), offset, body.Length, expected, 0);
        }

        if (!body.SequenceEqual(expected))
        {
            throw new WrongAnswerException($"Of the {body.Length} bytes at {offset} of the body one is wrong.");
        }
    }

    private static RequestKind OfGreeting(string route, int amount, int salt)
        => new(Get(route, amount, salt), TortureRoutes.Greeting(salt).Length, salt, IsPattern: false, IsEndedByConnection: false);

    private static string Get(string route, int amount, int salt, string version = "1.1")
        => $"GET {TortureRoutes.Path(route, amount, salt)} HTTP/{version}\r\nHost: x\r\n\r\n";
}
