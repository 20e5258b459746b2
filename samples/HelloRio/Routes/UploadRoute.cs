using System.IO.Pipelines;
using System.Security.Cryptography;

namespace HelloRio.Routes;

/// <summary>Answers the length and the SHA-256 of the body, which is hashed as it comes and never held.</summary>
internal static class UploadRoute
{
    public static async Task RespondAsync(HttpContext context)
    {
        try
        {
            var summary = await SummarizeAsync(context.Request.BodyReader, context.RequestAborted);
            await context.Response.WriteAsJsonAsync(summary, SampleJson.Default.UploadSummary);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The connection is gone, and with it the one who would read the answer.
        }
    }

    private static async Task<UploadSummary> SummarizeAsync(PipeReader body, CancellationToken aborted)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var length = 0L;

        while (true)
        {
            var read = await body.ReadAsync(aborted);
            foreach (var segment in read.Buffer)
            {
                hash.AppendData(segment.Span);
                length += segment.Length;
            }

            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return new UploadSummary(length, Convert.ToHexStringLower(hash.GetHashAndReset()));
            }
        }
    }
}
