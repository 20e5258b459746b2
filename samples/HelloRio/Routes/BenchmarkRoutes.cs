using System.Text;
using System.Text.Json;

namespace HelloRio.Routes;

/// <summary>
/// <c>/plaintext</c> and <c>/json</c> by TechEmpower's rules: a Server and a Date header, a Content-Length, and for JSON
/// an object that is made and serialized for every request.
/// </summary>
internal static class BenchmarkRoutes
{
    private const string Greeting = "Hello, World!";

    private static readonly byte[] s_plaintext = Encoding.UTF8.GetBytes(Greeting);
    private static readonly int s_jsonLength =
        JsonSerializer.SerializeToUtf8Bytes(new JsonMessage(Greeting), SampleJson.Default.JsonMessage).Length;

    // Used and left again without an await in between, so that no other request sees it.
    [ThreadStatic]
    private static Utf8JsonWriter? s_jsonWriter;

    public static RequestDelegate Middleware(RequestDelegate next) => context => context.Request.Path.Value switch
    {
        "/plaintext" => RespondPlaintext(context.Response),
        "/json" => RespondJson(context.Response),
        _ => next(context),
    };

    private static Task RespondPlaintext(HttpResponse response)
    {
        response.ContentType = "text/plain";
        response.ContentLength = s_plaintext.Length;

        var body = response.BodyWriter;
        s_plaintext.CopyTo(body.GetSpan(s_plaintext.Length));
        body.Advance(s_plaintext.Length);

        // No flush: Kestrel flushes at the end of a request, and once for several that came pipelined.
        return Task.CompletedTask;
    }

    private static Task RespondJson(HttpResponse response)
    {
        response.ContentType = "application/json";
        response.ContentLength = s_jsonLength;

        var writer = s_jsonWriter ??= new Utf8JsonWriter(response.BodyWriter, new JsonWriterOptions { SkipValidation = true });
        writer.Reset(response.BodyWriter);
        JsonSerializer.Serialize(writer, new JsonMessage(Greeting), SampleJson.Default.JsonMessage);
        writer.Reset(Stream.Null);
        return Task.CompletedTask;
    }
}
