namespace LoadDriver.Servers;

/// <summary>What is spoken on a server's port.</summary>
internal enum ServerProtocol
{
    Http1,

    /// <summary>Without TLS, with prior knowledge.</summary>
    Http2,

    /// <summary>HTTP/1.1 over TLS.</summary>
    Https,
}
