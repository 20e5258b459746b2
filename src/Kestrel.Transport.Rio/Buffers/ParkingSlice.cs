using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>A slice that was taken; none when it is the default.</summary>
internal readonly record struct ParkingSlice(ParkingBlock? Block, int Index, RioBuffer Buffer)
{
    public ReadOnlySpan<byte> Span => Block!.SpanOf(Index);
}
