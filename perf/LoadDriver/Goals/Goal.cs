using LoadDriver.Measuring;
using LoadDriver.Servers;

namespace LoadDriver.Goals;

/// <summary>A number that we want to reach.</summary>
/// <param name="Work">What is measured.</param>
/// <param name="Figure">Which figure of it, and in relation to what.</param>
/// <param name="Must">What must be reached.</param>
/// <param name="Want">What we want.</param>
internal abstract record Goal(string Work, string Figure, double Must, double Want)
{
    /// <summary>Otherwise less is.</summary>
    public virtual bool MoreIsBetter => false;

    /// <summary>Which of our modes may be the one that fits best.</summary>
    public Func<Row, bool> Modes { get; init; } = static row => row.Kind == RowKind.Rio;

    /// <summary>Null when the run does not tell.</summary>
    public GoalOutcome? Evaluate(Results results)
    {
        var outcomes = Row.All
            .Where(Modes)
            .Select(mode => Measure(results, mode) is { } measured ? new GoalOutcome(mode, measured) : null)
            .OfType<GoalOutcome>();
        return MoreIsBetter
            ? outcomes.MaxBy(outcome => outcome.Measured.Median)
            : outcomes.MinBy(outcome => outcome.Measured.Median);
    }

    /// <summary>What an outcome means; a level inside the spread is not known to be reached.</summary>
    public Verdict Judge(GoalOutcome? outcome)
    {
        if (outcome is null)
        {
            return Verdict.NotRun;
        }

        var (worst, best) = MoreIsBetter
            ? (outcome.Measured.Least, outcome.Measured.Most)
            : (outcome.Measured.Most, outcome.Measured.Least);
        if (Reaches(worst, Want))
        {
            return Verdict.Want;
        }

        if (Reaches(worst, Must))
        {
            return Verdict.Must;
        }

        return Reaches(best, Must) ? Verdict.Undecided : Verdict.Missed;
    }

    /// <summary>The goal's figure in one mode; null when the run does not tell.</summary>
    protected abstract Series? Measure(Results results, Row mode);

    /// <summary>Whether a value is as good as a level.</summary>
    protected virtual bool Reaches(double value, double level) => MoreIsBetter ? value >= level : value <= level;
}
