namespace Kestrel.Transport.Rio.IoUring;

/// <summary>The known state of a socket's input.</summary>
internal enum InputReadiness
{
    /// <summary>There is nothing to receive. An event reports when there is.</summary>
    Empty,

    /// <summary>There may be something to receive, and perhaps no event reports it.</summary>
    Unknown,

    /// <summary>There are data, a FIN or an error.</summary>
    Readable,
}
