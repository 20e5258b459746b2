using System.Globalization;

namespace PlatformBenchmarks.Routes;

/// <summary><c>/bytes/{n}</c>: a body of so many bytes, flushed piece by piece as a file is.</summary>
internal static class BytesRoute
{
    public const string Prefix = "/bytes/";

    private const int PieceLength = 64 * 1024;
    private static readonly ReadOnlyMemory<byte> s_piece = CreatePiece();

    public static async Task RespondAsync(HttpContext context, string path)
    {
        var response = context.Response;
        if (!long.TryParse(path.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var left))
        {
            response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        response.ContentType = "application/octet-stream";
        response.ContentLength = left;
        while (left > 0)
        {
            var piece = s_piece[..(int)Math.Min(left, PieceLength)];
            left -= piece.Length;
            var flushed = await response.BodyWriter.WriteAsync(piece);
            if (flushed.IsCompleted)
            {
                return;
            }
        }
    }

    private static byte[] CreatePiece()
    {
        var piece = new byte[PieceLength];
        for (var i = 0; i < piece.Length; i++)
        {
            piece[i] = (byte)('a' + (i % 26));
        }

        return piece;
    }
}
