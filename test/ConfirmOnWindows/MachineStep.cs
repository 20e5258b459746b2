using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ConfirmOnWindows.Reporting;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Hosting;
using Microsoft.Win32;

namespace ConfirmOnWindows;

/// <summary>What this machine is, and whether it has registered I/O.</summary>
internal sealed class MachineStep : Step
{
    private const string BenchVariable = "RIO_BENCH_LIBRARY";

    public override string Title => "The machine";

    /// <summary>The version of Wine, or null on Windows itself.</summary>
    private static unsafe string? WineVersion
        => NativeLibrary.TryLoad("ntdll.dll", out var ntdll) && NativeLibrary.TryGetExport(ntdll, "wine_get_version", out var version)
            ? Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)version)())
            : null;

    public override Task<StepOutcome> RunAsync(ReportSection section, CancellationToken ended)
    {
        const long MiB = 1024 * 1024;
        var isAvailable = RegisteredIoProvider.TryCreate(out var io, out var reason);
        var provider = io?.Name;
        io?.Dispose();

        section.TableHead("what", "");
        section.Row("system", OperatingSystem.IsWindows() ? WindowsBuild() : RuntimeInformation.OSDescription);
        section.Row("processors", $"{Environment.ProcessorCount} ({RuntimeInformation.ProcessArchitecture})");
        section.Row("processor", Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER") ?? "-");
        section.Row("memory", $"{GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MiB} MiB");
        section.Row(".NET", RuntimeInformation.FrameworkDescription);
        section.Row("registered I/O", isAvailable ? $"{provider}: the machine gave out its functions" : $"none. {reason}");

        var pretence = OperatingSystem.IsWindows() ? WhatIsNotWindows() : null;
        if (pretence is not null)
        {
            section.Line($"\n**{pretence} What follows confirms nothing of Windows.**");
        }

        return Task.FromResult(isAvailable
            ? StepOutcome.Done($"{provider}{(pretence is null ? "" : $"; {pretence}")}")
            : StepOutcome.Failed("no registered I/O"));
    }

    private static string? WhatIsNotWindows()
    {
        var bench = Environment.GetEnvironmentVariable(BenchVariable);
        return (WineVersion, bench) switch
        {
            (null, null or "") => null,
            ({ } version, null or "") => $"This is Wine {version}.",
            ({ } version, _) => $"This is Wine {version} with the emulation of registered I/O in test/winsock-bench.",
            _ => "This is the emulation of registered I/O in test/winsock-bench.",
        };
    }

    [SupportedOSPlatform("windows")]
    private static string WindowsBuild()
    {
        using var version = Registry.LocalMachine.OpenSubKey(@"SOFTWARE\Microsoft\Windows NT\CurrentVersion");
        return $"{RuntimeInformation.OSDescription}: {version?.GetValue("ProductName")} {version?.GetValue("DisplayVersion")}, "
            + $"build {version?.GetValue("CurrentBuild")}.{version?.GetValue("UBR")}";
    }
}
