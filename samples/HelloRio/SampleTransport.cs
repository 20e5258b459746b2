namespace HelloRio;

/// <summary>Which transport serves the sample.</summary>
internal enum SampleTransport
{
    Rio,
    Sockets,
}
