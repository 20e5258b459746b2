using System.Diagnostics;
using LoadDriver.Measuring;
using Spectre.Console;

namespace LoadDriver;

/// <summary>A progress bar on a terminal, and lines elsewhere.</summary>
internal sealed class ConsoleProgress : IProgressView
{
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly TimeSpan _estimate;
    private readonly ProgressTask? _bar;

    private ConsoleProgress(TimeSpan estimate, ProgressTask? bar)
    {
        _estimate = estimate;
        _bar = bar;
    }

    /// <summary>Shows the progress of some work.</summary>
    public static Task<T> ShowAsync<T>(TimeSpan estimate, Func<IProgressView, Task<T>> work)
    {
        if (Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive)
        {
            return work(new ConsoleProgress(estimate, bar: null));
        }

        return AnsiConsole.Progress()
            .HideCompleted(true)
            .AutoClear(true)
            .Columns(new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn(), new TaskDescriptionColumn { Alignment = Justify.Left })
            .StartAsync(context => work(new ConsoleProgress(
                estimate,
                context.AddTask("starting", maxValue: Math.Max(1, estimate.TotalSeconds)))));
    }

    public void Now(string what)
    {
        // The estimate is one: the bar waits shortly before its end for what takes longer.
        var elapsed = Stopwatch.GetElapsedTime(_started);
        if (_bar is null)
        {
            Console.WriteLine($"{elapsed:mm\\:ss} of about {_estimate:mm\\:ss}  {what}");
            return;
        }

        _bar.Description = Markup.Escape(what);
        _bar.Value = Math.Min(elapsed.TotalSeconds, _bar.MaxValue * 0.99);
    }

    public void Note(string sentence)
    {
        if (_bar is null)
        {
            Console.WriteLine(sentence);
        }
        else
        {
            AnsiConsole.MarkupLine($"[yellow]{Markup.Escape(sentence)}[/]");
        }
    }
}
