namespace LoadDriver.Machine;

/// <summary>A server or a load generator did not do what was asked of it. The message is for the user.</summary>
internal sealed class LoadFailedException(string message) : Exception(message);
