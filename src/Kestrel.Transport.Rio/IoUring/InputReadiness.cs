namespace Kestrel.Transport.Rio.IoUring;

/// <summary>What is known of a socket's input.</summary>
internal enum InputReadiness
{
    /// <summary>There is nothing to receive; an event will say when there is.</summary>
    Empty,

    /// <summary>There may be something to receive, and perhaps no event will say so.</summary>
    Unknown,

    /// <summary>There are data, a FIN or an error.</summary>
    Readable,
}
