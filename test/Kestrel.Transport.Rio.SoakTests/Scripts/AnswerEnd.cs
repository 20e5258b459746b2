namespace Kestrel.Transport.Rio.SoakTests.Scripts;

/// <summary>What became of a request.</summary>
internal enum AnswerEnd
{
    /// <summary>All of its answer came, and every byte was right.</summary>
    Whole,

    /// <summary>The connection ended before the first byte of an answer.</summary>
    Unanswered,

    /// <summary>The connection ended within the answer, and the client can tell.</summary>
    Cut,
}
