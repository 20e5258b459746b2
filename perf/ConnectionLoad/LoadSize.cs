namespace ConnectionLoad;

/// <summary>How many connections, and how many of them are being opened at a time.</summary>
internal sealed record LoadSize(int Count, int AtOnce);
