namespace HelloRio.Routes;

/// <summary>What came in: its length in bytes and its hash in hexadecimal.</summary>
internal sealed record UploadSummary(long Length, string Sha256);
