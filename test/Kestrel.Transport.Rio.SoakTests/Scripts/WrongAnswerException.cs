namespace Kestrel.Transport.Rio.SoakTests.Scripts;

/// <summary>A wrong byte, or an answer that is not whole and looks as if it were.</summary>
internal sealed class WrongAnswerException(string message) : Exception(message);
