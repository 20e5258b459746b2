namespace Kestrel.Transport.Rio.FunctionalTests.Clients;

/// <summary>Bodies of the pattern to and from <see cref="TestApp"/>: length and hash of what has arrived at the other end.</summary>
public static class Transfer
{
    public static async Task<string> UploadAsync(this HttpClient http, long length, bool chunked, CancellationToken deadline)
    {
        ArgumentNullException.ThrowIfNull(http);
        using var content = new PatternContent(length, chunked);
        using var response = await http.PostAsync(new Uri("hash", UriKind.Relative), content, deadline);
        return await response.Content.ReadAsStringAsync(deadline);
    }

    public static async Task<string> DownloadAsync(this HttpClient http, long length, bool chunked, CancellationToken deadline)
    {
        ArgumentNullException.ThrowIfNull(http);
        var uri = new Uri(FormattableString.Invariant($"bytes?n={length}") + (chunked ? "&chunked" : ""), UriKind.Relative);
        using var response = await http.GetAsync(uri, HttpCompletionOption.ResponseHeadersRead, deadline);
        Assert.Equal(chunked ? null : length, response.Content.Headers.ContentLength);
        await using var body = await response.Content.ReadAsStreamAsync(deadline);
        return await Pattern.DigestAsync(body, deadline);
    }
}
