using System.Text.Json;

namespace PlatformBenchmarks.Routes;

/// <summary><c>/json</c> by TechEmpower's rules: an object that is made and serialized for every request.</summary>
internal static class JsonRoute
{
    private const string Greeting = "Hello, World!";

    private static readonly int s_length =
        JsonSerializer.SerializeToUtf8Bytes(new JsonMessage(Greeting), BenchmarkJson.Default.JsonMessage).Length;

    // Used and left again without an await in between, so that no other request sees it.
    [ThreadStatic]
    private static Utf8JsonWriter? s_writer;

    public static Task RespondAsync(HttpContext context)
    {
        var response = context.Response;
        response.ContentType = "application/json";
        response.ContentLength = s_length;

        var writer = s_writer ??= new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { SkipValidation = true });
        writer.Reset(response.BodyWriter);
        JsonSerializer.Serialize(writer, new JsonMessage(Greeting), BenchmarkJson.Default.JsonMessage);
        writer.Reset(Stream.Null);
        return Task.CompletedTask;
    }
}
