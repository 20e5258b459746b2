using System.Xml;

namespace TestTotals;

/// <summary>The totals of all suites, and what is wrong with them.</summary>
internal sealed class Totals
{
    /// <summary>A skip is allowed only when its reason starts so: the machine lacks something, and the reason says what.</summary>
    public const string AllowedSkip = "not on this machine:";

    private readonly List<ResultFile> _files = [];
    private readonly List<string> _problems = [];
    private readonly List<TestResult> _allowedSkips = [];

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public int Skipped { get; private set; }

    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Tests that this machine cannot run.</summary>
    public IReadOnlyList<TestResult> AllowedSkips => _allowedSkips;

    public string Line => $"{Passed} passed, {Failed} failed, {Skipped} skipped";

    public void AddProblem(string problem) => _problems.Add(problem);

    /// <summary>Adds the results of a file, also of one that cannot be read.</summary>
    public void AddFile(string path)
    {
        try
        {
            Add(ResultFile.Read(path));
        }
        catch (XmlException e)
        {
            AddProblem($"{path} cannot be read: {e.Message}");
        }
    }

    /// <summary>The suite of an assembly must have run a test.</summary>
    public void RequireSuite(string assembly)
    {
        if (!_files.Exists(file => file.IsOf(assembly) && file.RanTest))
        {
            AddProblem($"{assembly} ran no test");
        }
    }

    /// <summary>The file of this name must be there, and have run a test.</summary>
    public void RequireFile(string name)
    {
        if (!_files.Exists(file => string.Equals(file.Name, name, StringComparison.Ordinal) && file.RanTest))
        {
            AddProblem($"{name} ran no test");
        }
    }

    private void Add(ResultFile file)
    {
        _files.Add(file);
        var failedBefore = Failed;
        foreach (var result in file.Results)
        {
            Add(result);
        }

        if (file.SaysFailed && Failed == failedBefore)
        {
            AddProblem($"{file.Name} failed outside of its tests: {file.ErrorsOutsideOfTests}");
        }

        if (file.SaidTotal != file.Results.Count)
        {
            AddProblem($"{file.Name} says that there are {file.SaidTotal?.ToString() ?? "no"} results, and holds {file.Results.Count}");
        }
    }

    private void Add(TestResult result)
    {
        if (result.HasPassed)
        {
            Passed++;
        }
        else if (!result.WasSkipped)
        {
            Failed++;
            AddProblem($"{result.Name}: {result.Outcome ?? "no outcome"}: {result.Reason}");
        }
        else
        {
            Skipped++;
            if (result.Reason.StartsWith(AllowedSkip, StringComparison.Ordinal))
            {
                _allowedSkips.Add(result);
            }
            else
            {
                AddProblem($"{result.Name} was skipped, which only a reason that starts with '{AllowedSkip}' allows: '{result.Reason}'");
            }
        }
    }
}
