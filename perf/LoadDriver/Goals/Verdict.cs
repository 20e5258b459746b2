namespace LoadDriver.Goals;

/// <summary>How far a goal was reached.</summary>
internal enum Verdict
{
    NotRun,

    /// <summary>The whole spread lies beyond what must be reached.</summary>
    Missed,

    /// <summary>What must be reached lies inside the spread.</summary>
    Undecided,

    /// <summary>The whole spread is as good as must be.</summary>
    Must,

    /// <summary>The whole spread is as good as we want.</summary>
    Want,
}
