namespace Kestrel.Transport.Rio.FunctionalTests.Support;

/// <summary>A path for a Unix domain socket: short, for there is room for 107 bytes only, and gone afterwards.</summary>
public sealed class SocketPath : IDisposable
{
    public string Value { get; } = Path.Combine(Path.GetTempPath(), $"rio-{Guid.NewGuid():N}.sock");

    public void Dispose() => File.Delete(Value);
}
