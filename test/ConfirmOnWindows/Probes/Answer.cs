namespace ConfirmOnWindows.Probes;

/// <summary>What was seen. Whether it is what the product rests on; null where nothing rests on it.</summary>
internal sealed record Answer(string Observed, bool? IsAsExpected);
