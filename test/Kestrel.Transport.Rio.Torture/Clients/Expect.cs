using Kestrel.Transport.Rio.Torture.Server;

namespace Kestrel.Transport.Rio.Torture.Clients;

/// <summary>What has to come back.</summary>
internal static class Expect
{
    public static void Greeting(HttpReply reply, int salt)
    {
        Assert.Equal(StatusCodes.Status200OK, reply.Status);
        Assert.Equal(TortureRoutes.Greeting(salt), reply.Text);
    }

    public static void Pattern(byte[] bytes, int length, int salt)
    {
        Assert.Equal(length, bytes.Length);
        Assert.True(
            bytes.AsSpan().SequenceEqual(FunctionalTests.Support.Pattern.Bytes(length, salt)), $"A body of {length} bytes has a wrong one.");
    }

    /// <summary>What has come of an answer is right, if it is not all of it.</summary>
    public static void StartOfPattern(PeerEnd end, int most, int salt)
    {
        var head = end.Bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        if (head >= 0)
        {
            var body = end.Bytes[(head + 4)..];
            Assert.InRange(body.Length, 0, most);
            Pattern(body, body.Length, salt);
        }
    }
}
