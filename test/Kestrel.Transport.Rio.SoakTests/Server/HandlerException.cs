namespace Kestrel.Transport.Rio.SoakTests.Server;

/// <summary>What a handler throws that fails, and Kestrel answers with 500.</summary>
internal sealed class HandlerException() : Exception("The handler fails, as it was asked to.");
