using LoadDriver.Machine;
using LoadDriver.Measuring;
using Xunit;

namespace Kestrel.Transport.Rio.PerfTests;

/// <summary>What the kernel's files and tools say is read right.</summary>
public sealed class MachineTests
{
    [Theory]
    [InlineData("floor")]
    [InlineData("a b) 7 (c")]
    public void The_processor_time_of_a_process_is_found_behind_any_name(string name)
    {
        var time = CpuTime.Parse(
            $"29962 ({name}) S 29960 29943 25863 0 -1 4194560 255 0 1 0 512 10850 3 4 20 0 1 0 1185583 3067904 421 0\n");

        Assert.Equal(new CpuTime(5.12, 108.5), time);
        Assert.Equal(113.62, time.Total, 1e-9);
    }

    [Fact]
    public void Free_ports_are_another_each_time_and_never_a_clients()
    {
        var ports = Enumerable.Range(0, 10).Select(static _ => Ports.Free()).ToList();
        Assert.Equal(ports.Count, ports.Distinct().Count());
        Assert.All(ports, static port => Assert.InRange(port, 20_001, 32_767));
    }

    [Fact]
    public void Times_are_subtracted_part_by_part()
        => Assert.Equal(new CpuTime(1, 2), new CpuTime(4, 6) - new CpuTime(3, 4));

    [Fact]
    public void The_time_of_the_machine_counts_programs_and_the_hypervisor_but_no_interrupts()
    {
        // user nice system idle iowait irq softirq steal guest guest_nice
        var time = MachineTime.Parse("cpu  1000 20 300 99999 50 60 700 80 0 0");
        Assert.Equal(13.2, time.Busy, 1e-9);
        Assert.Equal(0.8, time.Stolen, 1e-9);
    }

    [Fact]
    public void Resident_memory_is_given_in_bytes()
        => Assert.Equal(65_500 * 1024L, ResidentMemory.Parse("Name:\tx\nVmHWM:\t   70000 kB\nVmRSS:\t   65500 kB\nThreads:\t20\n"));

    [Fact]
    public void The_count_of_perf_is_read()
    {
        Assert.Equal(180_951, SystemCallCount.ParsePerf("180951,,raw_syscalls:sys_enter,3500000000,100.00,,\n"));
        Assert.Null(SystemCallCount.ParsePerf("<not counted>,,raw_syscalls:sys_enter,0,100.00,,\n"));
        Assert.Null(SystemCallCount.ParsePerf("event syntax error"));
    }

    [Theory]
    [InlineData("100.00    1.234567          12    102345        19 total")]
    [InlineData("100.00    1.234567          12    102345           total")]
    public void The_total_of_strace_is_read_with_and_without_errors(string total)
    {
        Assert.Equal(102_345, SystemCallCount.ParseStrace($"""
            strace: Process 4711 attached
            % time     seconds  usecs/call     calls    errors syscall
            ------ ----------- ----------- --------- --------- ----------------
             60.00    0.740740          14     50000        19 recvfrom
            ------ ----------- ----------- --------- --------- ----------------
            {total}
            """));
    }

    [Fact]
    public void A_trace_without_a_total_is_no_count()
        => Assert.Null(SystemCallCount.ParseStrace("strace: attach: ptrace(PTRACE_SEIZE, 1): Operation not permitted"));

    [Fact]
    public void What_is_missing_is_named_with_its_package()
    {
        RequiredTool[] tools = [new("sh", "dash"), new("no-such-program", "its-package"), new("no-such-program", "its-package")];
        var missing = RequiredTool.Missing(tools);
        Assert.Contains("no-such-program. Debian: apt-get install its-package (", missing, StringComparison.Ordinal);
        Assert.Null(RequiredTool.Missing(tools[..1]));
    }
}
