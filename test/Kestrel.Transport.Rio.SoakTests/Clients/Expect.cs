using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>What has to come back.</summary>
internal static class Expect
{
    public static void Greeting(HttpReply reply, int salt)
    {
        Assert.Equal(StatusCodes.Status200OK, reply.Status);
        Assert.Equal(SoakRoutes.Greeting(salt), reply.Text);
    }

    public static void Pattern(byte[] bytes, int length, int salt)
    {
        Assert.Equal(length, bytes.Length);
        Assert.True(
            bytes.AsSpan().SequenceEqual(FunctionalTests.Support.Pattern.Bytes(length, salt)), $"A body of {length} bytes has a wrong one.");
    }
}
