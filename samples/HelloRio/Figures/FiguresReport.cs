namespace HelloRio.Figures;

/// <summary>What <c>/figures</c> answers: the meters' figures by instrument name, and the process's own.</summary>
internal sealed record FiguresReport(IReadOnlyDictionary<string, long> Meters, ProcessFigures Process);
