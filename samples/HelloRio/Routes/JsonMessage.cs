namespace HelloRio.Routes;

/// <summary>The object of the <c>/json</c> route.</summary>
internal sealed record JsonMessage(string Message);
