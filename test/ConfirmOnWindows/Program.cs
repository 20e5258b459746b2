using System.CommandLine;
using System.Text;
using ConfirmOnWindows;
using ConfirmOnWindows.Probes;

const int Fine = 0;
const int Failed = 1;
const int NotHere = 2;

Console.OutputEncoding = Encoding.UTF8;

var output = new Option<string>("--out")
{
    Description = "The report, in Markdown. The suites' results are beside it.",
    DefaultValueFactory = _ => Path.Combine("artifacts", "confirm", "report.md"),
};
var published = new Option<string?>("--published")
{
    Description = "A folder with the suites, the sample and the load generator, each published into a folder of its name: for a"
        + " machine without the SDK. Without it they are built.",
};
var quick = new Option<bool>("--quick") { Description = "Shorter loads." };
var skipSuites = new Option<bool>("--skip-suites") { Description = "Runs no test." };
var skipQuestions = new Option<bool>("--skip-questions") { Description = "Asks Winsock nothing." };
var skipLoad = new Option<bool>("--skip-load") { Description = "Compares nothing." };

var root = new RootCommand(
    "Confirms on a Windows machine what only Windows can show, and writes a report that can be pasted into an issue. Exit code 0:"
    + " all is as expected; 1: something failed or differs, and the report says what; 2: not on this system. With --skip-suites and"
    + " --skip-questions it runs on Linux too.")
{
    output, published, quick, skipSuites, skipQuestions, skipLoad,
};
root.SetAction(async (parsed, ended) =>
{
    var options = new ConfirmOptions(
        parsed.GetValue(output)!,
        parsed.GetValue(published),
        parsed.GetValue(quick),
        parsed.GetValue(skipSuites),
        parsed.GetValue(skipQuestions),
        parsed.GetValue(skipLoad));
    if (!OperatingSystem.IsWindows() && !options.RunsAnywhere)
    {
        await Console.Error.WriteLineAsync("This confirms what only Windows can show, so it runs on Windows only. With --skip-suites and"
            + " --skip-questions it compares registered I/O with Sockets here too.");
        return NotHere;
    }

    return await Confirmation.RunAsync(options, ended) ? Fine : Failed;
});

var name = new Argument<string>("name");
var probe = new Command(ProbeRunner.Command, "Asks one of the open questions, by its name.") { name };
probe.SetAction(parsed => ProbeRunner.Ask(parsed.GetValue(name)!));
root.Add(probe);

return await root.Parse(args).InvokeAsync();
