using System.CommandLine;
using System.Globalization;
using LoadDriver.Machine;
using LoadDriver.Measuring;
using LoadDriver.Servers;
using LoadDriver.Workloads;

namespace LoadDriver;

/// <summary>The arguments: their names and defaults, and what is said about a wrong one.</summary>
internal sealed class DriverCommandLine
{
    private const int FullAlternations = 5;
    private const int QuickAlternations = 3;
    private const int MeasureSeconds = 2;

    private readonly Option<bool> _quick = new("--quick")
    {
        Description = "Five minutes: the workloads and rows that say most, 3 alternations, no counting of system calls.",
    };

    private readonly Option<string[]> _filter = new("--filter")
    {
        Description = "Only workloads whose name contains one of these.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string[]> _rows = new("--rows")
    {
        Description = $"Only these rows: {string.Join(", ", Row.All.Select(row => row.Name))}.",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<bool> _list = new("--list") { Description = "Shows what would be run, and how long it would take." };

    private readonly Option<string?> _out = new("--out")
    {
        Description = "The folder of the report. [default: one with the date, in perf/results]",
    };

    private readonly Option<int?> _alternations = new("--alternations")
    {
        Description = $"How often every row is measured. [default: {FullAlternations}, quick {QuickAlternations}]",
    };

    private readonly Option<int> _processes = new("--processes")
    {
        Description = "How many processes each row has, one after the other, with a part of the alternations each.",
        DefaultValueFactory = static _ => 1,
    };

    private readonly Option<int?> _seconds = new("--seconds")
    {
        Description = $"How long a measurement is. [default: {MeasureSeconds}]",
    };

    private readonly Option<int> _warmUp = new("--warm-up")
    {
        Description = "Seconds of load before the first measurement of a process. Less than 12 measures the compiler.",
        DefaultValueFactory = _ => (int)RunPlan.WarmUpOfProcess.TotalSeconds,
    };

    private readonly RootCommand _command;

    public DriverCommandLine()
    {
        foreach (Option option in new Option[] { _alternations, _processes, _seconds, _warmUp })
        {
            option.Validators.Add(result =>
            {
                if (result.Tokens.Count > 0 && int.TryParse(result.Tokens[0].Value, out var number) && number is < 1 or > 600)
                {
                    result.AddError($"{option.Name} must be from 1 to 600.");
                }
            });
        }

        _rows.Validators.Add(result =>
        {
            foreach (var token in result.Tokens.Where(token => !Row.All.Any(row => row.Name.Equals(token.Value, StringComparison.Ordinal))))
            {
                result.AddError($"There is no row '{token.Value}'. {_rows.Description}");
            }
        });
        _command = new RootCommand("Measures Kestrel on registered I/O against Sockets, nginx and the floor, in turn.")
        {
            _quick, _filter, _rows, _list, _out, _alternations, _processes, _seconds, _warmUp,
        };
        _command.Validators.Add(result =>
        {
            if (result.GetValue(_processes) > Alternations(result.GetValue(_alternations), result.GetValue(_quick)))
            {
                result.AddError("--processes must not be more than the alternations, of which each has one at least.");
            }
        });
    }

    private static int Alternations(int? wanted, bool quick) => wanted ?? (quick ? QuickAlternations : FullAlternations);

    /// <summary>The options; or null with the exit code, after help or what is wrong.</summary>
    public DriverOptions? Parse(string[] args, out int exitCode)
    {
        var parsed = _command.Parse(args);
        if (parsed.Action is not null || parsed.Errors.Count > 0)
        {
            exitCode = parsed.Invoke();
            return null;
        }

        exitCode = 0;
        var quick = parsed.GetValue(_quick);
        var plan = new RunPlan
        {
            Workloads = Workloads(quick, parsed.GetValue(_filter) ?? []),
            Rows = Rows(quick, parsed.GetValue(_rows) ?? []),
            Alternations = Alternations(parsed.GetValue(_alternations), quick),
            Processes = parsed.GetValue(_processes),
            Measure = TimeSpan.FromSeconds(parsed.GetValue(_seconds) ?? MeasureSeconds),
            WarmUp = TimeSpan.FromSeconds(parsed.GetValue(_warmUp)),
            SharesProcesses = quick,
            CountsSystemCalls = !quick,
        };
        return new DriverOptions(plan, parsed.GetValue(_out) ?? DefaultFolder(), parsed.GetValue(_list));
    }

    // Who names a workload gets it, also when quick would leave it out.
    private static List<Workload> Workloads(bool quick, string[] filter) => filter.Length > 0
        ? [.. WorkloadCatalogue.All.Where(workload => filter.Any(part => workload.Name.Contains(part, StringComparison.Ordinal)))]
        : [.. WorkloadCatalogue.All.Where(workload => workload.Quick || !quick)];

    private static List<Row> Rows(bool quick, string[] names) => names.Length > 0
        ? [.. Row.All.Where(row => names.Contains(row.Name, StringComparer.Ordinal))]
        : [.. Row.All.Where(row => !quick || row != Row.SocketsInline)];

    private static string DefaultFolder() => Path.Combine(
        Repository.Results,
        DateTime.UtcNow.ToString("yyyy-MM-dd-HHmm", CultureInfo.InvariantCulture));
}
