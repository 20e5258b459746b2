using Xunit;

namespace Kestrel.Transport.Rio.WinsockTests.Faults;

/// <summary>
/// Whatever the documentation says that Winsock may do to it, in whatever order: the transport does not hang, delivers no wrong
/// byte, loses none without an error that names its cause, and leaves nothing behind.
/// </summary>
public sealed class FaultSeeds
{
    public static TheoryData<int> Seeds { get; } = [.. Enumerable.Range(1, 200)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task No_byte_is_lost_in_silence_and_nothing_is_left(int seed)
    {
        using var run = new FaultRun(new FaultPlan(seed));
        await run.RunAsync();
    }
}
