namespace Kestrel.Transport.Rio.SoakTests.Server;

/// <summary>Where the server is to be found: HTTP/1.1 and HTTP/2 in clear text, and both in TLS.</summary>
internal sealed record SoakEndPoints(IPEndPoint Http1, IPEndPoint Http2, IPEndPoint Tls);
