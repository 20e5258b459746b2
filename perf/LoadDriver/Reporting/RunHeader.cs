using LoadDriver.Measuring;

namespace LoadDriver.Reporting;

/// <summary>What a report says before its numbers.</summary>
internal sealed record RunHeader(DateTimeOffset Started, TimeSpan Took, string Machine, string? Commit, string Command, RunPlan Plan);
