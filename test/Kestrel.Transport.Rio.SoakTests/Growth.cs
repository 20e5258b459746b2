namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>Whether there is more at the last quiet point than there was at the first. Between them nothing was to stay.</summary>
internal static class Growth
{
    // What is compiled, pooled and cached for good, by each thread of the pool above all, comes to a third of it; 4,000 connections that
    // are left behind are more than twice as much.
    private const long Managed = 16 << 20;
    private const long Resident = 64 << 20;

    // What a pool of blocks keeps for the next load of the same kind, after it has had the time to give back what is of no use.
    private const long Registered = 16 << 20;

    // Threads of the transport that stand by have one each.
    private const int Few = 8;

    public static IEnumerable<string> Of(IReadOnlyList<MemorySample> quietPoints)
    {
        if (quietPoints is not [var first, .., var last])
        {
            return ["There are not two quiet points to be compared."];
        }

        return new (string What, long First, long Last, long Allowed)[]
        {
            ("managed bytes", first.ManagedBytes, last.ManagedBytes, Managed),
            ("resident bytes", first.ResidentBytes, last.ResidentBytes, Resident),
            ("registered bytes", first.RegisteredBytes, last.RegisteredBytes, Registered),
            ("threads", first.Threads, last.Threads, Few),
            ("descriptors", first.Descriptors, last.Descriptors, Few),
        }
        .Where(static figure => figure.Last - figure.First > figure.Allowed)
        .Select(static figure => $"{figure.What} grew from {figure.First} at the first quiet point to {figure.Last} at the last");
    }
}
