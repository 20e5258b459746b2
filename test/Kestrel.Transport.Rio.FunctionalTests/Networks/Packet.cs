namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary>A packet on a <see cref="Wire"/>, and where it goes.</summary>
internal readonly record struct Packet(byte[] Bytes, TunDevice To);
