namespace Kestrel.Transport.Rio.FunctionalTests.Clients;

public sealed record HttpReply(int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    public string Text => Encoding.UTF8.GetString(Body);
}
