using System.Security.Cryptography;

namespace HelloRio.Routes;

/// <summary>Answers the length and the SHA-256 of the body, which is hashed as it comes and never held.</summary>
internal static class UploadRoute
{
    public static async Task RespondAsync(HttpContext context)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;

        var body = context.Request.BodyReader;
        while (true)
        {
            var read = await body.ReadAsync(context.RequestAborted);
            foreach (var segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
                length += segment.Length;
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                break;
            }
        }

        var summary = new UploadSummary(length, Convert.ToHexStringLower(hash.GetHashAndReset()));
        await context.Response.WriteAsJsonAsync(summary, SampleJson.Default.UploadSummary);
    }
}
