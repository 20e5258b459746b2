using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.WinsockTests;

/// <summary><c>rio_bench_counters_t</c> (test/winsock-bench/rio_bench.h), as far as the tests here read it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 232)]
internal struct BenchCounters
{
    [FieldOffset(0)]
    public uint Size;

    [FieldOffset(8)]
    public ulong Sends;

    [FieldOffset(40)]
    public ulong Receives;

    [FieldOffset(72)]
    public ulong Notifies;

    [FieldOffset(144)]
    public ulong CqResizes;

    [FieldOffset(152)]
    public ulong RqsCreated;

    [FieldOffset(168)]
    public ulong RqResizes;

    [FieldOffset(176)]
    public ulong Refused;

    [FieldOffset(184)]
    public ulong Injected;
}
