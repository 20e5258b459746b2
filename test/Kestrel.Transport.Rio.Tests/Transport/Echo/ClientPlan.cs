namespace Kestrel.Transport.Rio.Tests.Transport.Echo;

/// <summary>What a client does.</summary>
/// <param name="Bytes">How many it writes, and wants to have back.</param>
/// <param name="Piece">How many it writes at a time.</param>
/// <param name="Resets">Having written all, it goes without a FIN.</param>
internal sealed record ClientPlan(int Bytes, int Piece, bool Resets);
