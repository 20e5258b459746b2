using TestTotals;
using Xunit;

namespace Kestrel.Transport.Rio.PerfTests;

/// <summary>The program by which the CI run adds up its suites.</summary>
public sealed class TestTotalsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("rio-totals-").FullName;
    private readonly Totals _totals = new();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Results_are_counted_by_outcome()
    {
        Add(Result("a", "Passed"), Result("b", "Passed"), Result("c", "NotExecuted", "not on this machine: it has no Wine"));

        Assert.Equal("2 passed, 0 failed, 1 skipped", _totals.Line);
        Assert.Empty(_totals.Problems);
        Assert.Equal(("c", "not on this machine: it has no Wine"), Assert.Single(_totals.AllowedSkips) is var skip ? (skip.Name, skip.Reason) : default);
    }

    [Theory]
    [InlineData("Failed")]
    [InlineData("Timeout")]
    [InlineData("Aborted")]
    public void Other_outcome_is_a_failure(string outcome)
    {
        Add(Result("a", outcome, "it broke"));

        Assert.Equal("0 passed, 1 failed, 0 skipped", _totals.Line);
        Assert.Equal([$"a: {outcome}: it broke"], _totals.Problems);
    }

    [Fact]
    public void Result_without_outcome_is_a_failure()
    {
        Add("""<UnitTestResult testName="a" />""");

        Assert.Equal(["a: no outcome: "], _totals.Problems);
    }

    [Theory]
    [InlineData("")]
    [InlineData("it is slow")]
    [InlineData("really not on this machine: it has no Wine")]
    public void Skip_for_another_reason_is_a_problem(string reason)
    {
        Add(Result("a", "Passed"), Result("b", "NotExecuted", reason));

        Assert.Equal("1 passed, 0 failed, 1 skipped", _totals.Line);
        Assert.Contains($"'{reason}'", Assert.Single(_totals.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Skip_may_give_its_reason_as_output()
    {
        Add("""<UnitTestResult testName="a" outcome="NotExecuted"><Output><StdOut>not on this machine: no  Wine</StdOut></Output></UnitTestResult>""");

        Assert.Equal("not on this machine: no Wine", Assert.Single(_totals.AllowedSkips).Reason);
    }

    [Fact]
    public void Failure_outside_of_a_test_is_a_problem()
    {
        AddFile("""
            <Results><UnitTestResult testName="a" outcome="Passed" /></Results>
            <ResultSummary outcome="Failed"><Counters total="1" /><RunInfos><RunInfo outcome="Error"><Text>the fixture threw</Text></RunInfo></RunInfos></ResultSummary>
            """);

        Assert.Equal(["suite failed outside of its tests: the fixture threw"], _totals.Problems);
    }

    [Fact]
    public void Counter_that_disagrees_with_the_results_is_a_problem()
    {
        AddFile("""<Results><UnitTestResult testName="a" outcome="Passed" /></Results><ResultSummary outcome="Completed"><Counters total="2" /></ResultSummary>""");

        Assert.Equal(["suite says that there are 2 results, and holds 1"], _totals.Problems);
    }

    [Fact]
    public void File_that_was_cut_off_is_a_problem()
    {
        var path = Path.Combine(_folder, "cut.trx");
        File.WriteAllText(path, "<TestRun><Results><UnitTestResult testName=");

        _totals.AddFile(path);

        Assert.StartsWith($"{path} cannot be read", Assert.Single(_totals.Problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Suite_without_results_is_a_problem()
    {
        Add(Result("a", "Passed"));

        _totals.RequireSuite("Suite.Tests");
        _totals.RequireSuite("Other.Tests");
        _totals.RequireFile("suite");
        _totals.RequireFile("other");

        Assert.Equal(["Other.Tests ran no test", "other ran no test"], _totals.Problems);
    }

    [Fact]
    public void Suite_that_skipped_everything_ran_no_test()
    {
        Add(Result("a", "NotExecuted", "not on this machine: it has nothing"));

        _totals.RequireSuite("Suite.Tests");
        _totals.RequireFile("suite");

        Assert.Equal(["Suite.Tests ran no test", "suite ran no test"], _totals.Problems);
    }

    [Fact]
    public void Project_that_says_so_holds_no_tests()
    {
        Write("A/A.csproj", "<Project />");
        Write("B/B.csproj", "<Project><PropertyGroup><IsTestProject>false</IsTestProject></PropertyGroup></Project>");
        Write("C/readme.md", "");

        Assert.Equal(["A"], TestProjects.Find(_folder));
    }

    private static string Result(string name, string outcome, string? message = null)
        => $"""<UnitTestResult testName="{name}" outcome="{outcome}"><Output><ErrorInfo><Message>{message}</Message></ErrorInfo></Output></UnitTestResult>""";

    private void Add(params string[] results) => AddFile(
        $"""
        <Results>{string.Concat(results)}</Results>
        <TestDefinitions><UnitTest storage="/a/b/suite.tests.dll"><TestMethod codeBase="C:\a\Suite.Tests.dll" /></UnitTest></TestDefinitions>
        <ResultSummary outcome="Completed"><Counters total="{results.Length}" /></ResultSummary>
        """);

    private void AddFile(string content) => _totals.AddFile(Write(
        "suite.trx", $"""<TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010">{content}</TestRun>"""));

    private string Write(string name, string content)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, content);
        return path;
    }
}
