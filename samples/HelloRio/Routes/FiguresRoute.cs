using HelloRio.Figures;

namespace HelloRio.Routes;

/// <summary>Answers the figures of transport, pool and process; with <c>?collect=true</c> after a full collection.</summary>
internal static class FiguresRoute
{
    public static Task RespondAsync(HttpContext context)
    {
        if (string.Equals(context.Request.Query["collect"], "true", StringComparison.OrdinalIgnoreCase))
        {
            // What is left after it is in use, which is what the load scripts compare.
            GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        }

        var figures = context.RequestServices.GetRequiredService<TransportFigures>().Read();
        return context.Response.WriteAsJsonAsync(new FiguresReport(figures, ProcessFigures.Read()), SampleJson.Default.FiguresReport);
    }
}
