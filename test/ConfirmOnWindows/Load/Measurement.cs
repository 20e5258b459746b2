namespace ConfirmOnWindows.Load;

/// <param name="Transport">The sample's name for it.</param>
/// <param name="Depth">Requests in flight on each connection.</param>
/// <param name="CpuMicroseconds">Of the server's process, user and system, for a request.</param>
/// <param name="RequestsPerSecond">As the load generator saw it.</param>
/// <param name="P50Microseconds">Half of the answers came within it; with a depth, the last of so many.</param>
/// <param name="P99Microseconds">99 of a hundred came within it.</param>
internal sealed record Measurement(
    string Transport, int Depth, double CpuMicroseconds, double RequestsPerSecond, double P50Microseconds, double P99Microseconds);
