using System.CommandLine;
using TestTotals;

var results = new Option<string[]>("--results") { Description = "Folders of TRX files.", AllowMultipleArgumentsPerToken = true };
var projects = new Option<string?>("--projects") { Description = "A folder of projects. Each that holds tests must have run one." };
var files = new Option<string[]>("--require") { Description = "TRX files that must have run a test.", AllowMultipleArgumentsPerToken = true };
var problems = new Option<string?>("--problems") { Description = "A file with what was wrong elsewhere, a line for each." };
var command = new RootCommand("Adds up the results of all suites. Ends with 1 when anything is wrong. The last line is the totals.") { results, projects, files, problems };
command.SetAction(parsed =>
{
    var totals = new Totals();
    foreach (var line in parsed.GetValue(problems) is { } path && File.Exists(path) ? File.ReadAllLines(path) : [])
    {
        totals.AddProblem(line);
    }

    foreach (var file in (parsed.GetValue(results) ?? []).Where(Directory.Exists).SelectMany(static folder => Directory.GetFiles(folder, "*.trx")).Order(StringComparer.Ordinal))
    {
        totals.AddFile(file);
    }

    foreach (var suite in parsed.GetValue(projects) is { } root ? TestProjects.Find(root) : [])
    {
        totals.RequireSuite(suite);
    }

    foreach (var file in parsed.GetValue(files) ?? [])
    {
        totals.RequireFile(file);
    }

    foreach (var skip in totals.AllowedSkips)
    {
        Console.WriteLine($"skipped: {skip.Name}: {skip.Reason}");
    }

    foreach (var problem in totals.Problems)
    {
        Console.WriteLine($"PROBLEM: {problem}");
    }

    Console.WriteLine(totals.Line);
    return totals.Problems.Count == 0 ? 0 : 1;
});
return command.Parse(args).Invoke();
