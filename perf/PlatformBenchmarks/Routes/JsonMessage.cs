namespace PlatformBenchmarks.Routes;

/// <summary>The object of <c>/json</c>. A value, so that what is allocated in a request is not the application's.</summary>
internal readonly record struct JsonMessage(string Message);
