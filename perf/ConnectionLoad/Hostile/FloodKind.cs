namespace ConnectionLoad.Hostile;

/// <summary>What hostile connections do.</summary>
internal enum FloodKind
{
    /// <summary>They never speak.</summary>
    Silence,

    /// <summary>They make requests in segments of one byte.</summary>
    Bytes,

    /// <summary>They send half a request and a reset, and come again.</summary>
    Resets,

    /// <summary>They open HTTP/2 streams and cancel each at once (CVE-2023-44487).</summary>
    RapidResets,
}
