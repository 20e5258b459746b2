using System.Diagnostics;
using System.Reflection;

namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>A block that somebody has.</summary>
/// <param name="RentedBy">Where it was rented; null when that is not kept.</param>
internal sealed record RentedBlock(nint Address, int Length, StackTrace? RentedBy)
{
    // The callers of the pool, and who called them; not the program's entry point.
    private const int ShownFrames = 16;

    /// <summary>In one line, as CI shows what is wrong.</summary>
    public override string ToString() => RentedBy is null ? $"{Length} bytes at {Address:x}" : $"{Length} bytes at {Address:x}, rented by "
        + string.Join(" < ", RentedBy.GetFrames().Select(static frame => frame.GetMethod()).OfType<MethodBase>().Take(ShownFrames)
            .Select(static method => $"{method.DeclaringType?.Name}.{method.Name}"));
}
