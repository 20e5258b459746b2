namespace Kestrel.Transport.Rio.Connections;

/// <summary>Whether a thread that writes may send, or is sending, what it has written.</summary>
internal enum WritersTurn
{
    /// <summary>The next that writes may.</summary>
    Free,

    /// <summary>One is at it, and reads the pipe.</summary>
    Taken,

    /// <summary>The pipe's blocks are back, and none may any more.</summary>
    Over,
}
