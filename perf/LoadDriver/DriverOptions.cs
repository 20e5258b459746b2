using LoadDriver.Measuring;

namespace LoadDriver;

/// <summary>What the command line asked for.</summary>
internal sealed record DriverOptions(RunPlan Plan, string Folder, bool ListOnly);
