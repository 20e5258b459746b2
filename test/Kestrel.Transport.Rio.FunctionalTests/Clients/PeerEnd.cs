namespace Kestrel.Transport.Rio.FunctionalTests.Clients;

/// <summary>How the server ended a connection, and what it sent before.</summary>
public sealed record PeerEnd(byte[] Bytes, bool WasReset)
{
    public string Text => Encoding.UTF8.GetString(Bytes);
}
