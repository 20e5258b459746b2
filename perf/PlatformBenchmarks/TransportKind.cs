namespace PlatformBenchmarks;

/// <summary>Which transport serves.</summary>
internal enum TransportKind
{
    Rio,
    Sockets,
}
