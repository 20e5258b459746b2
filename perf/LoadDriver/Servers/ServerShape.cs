namespace LoadDriver.Servers;

/// <summary>How a server is started, whatever its row.</summary>
/// <param name="Protocol">What it speaks.</param>
/// <param name="SharesCores">It and the load have all processors; otherwise each has one.</param>
internal sealed record ServerShape(ServerProtocol Protocol, bool SharesCores = false);
