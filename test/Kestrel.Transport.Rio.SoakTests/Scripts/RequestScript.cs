using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Scripts;

/// <summary>Requests in a row on one connection of HTTP/1.1: all of their bytes, and where each ends.</summary>
internal sealed class RequestScript
{
    private const int MaxRequests = 8;
    private const int LongestWait = 10;

    // Sizes of every magnitude, so that about every second byte of a script is one of a head or of a chunk's size.
    private const int MaxUploadBits = 17;

    // All answers of a script fit into what a connection buffers while nobody reads.
    private const int MaxDownloadBits = 12;

    private readonly int[] _ends;

    private RequestScript(IReadOnlyList<RequestKind> requests)
    {
        Requests = requests;
        Bytes = [.. requests.SelectMany(static request => request.Bytes)];
        var end = 0;
        _ends = [.. requests.Select(request => end += request.Bytes.Length)];
    }

    public IReadOnlyList<RequestKind> Requests { get; }

    public byte[] Bytes { get; }

    public static RequestScript Choose(Random random)
        => new([.. Enumerable.Range(0, random.Next(1, MaxRequests + 1)).Select(_ => ChooseRequest(random))]);

    /// <summary>Where the request with this index ends.</summary>
    public int EndOf(int request) => _ends[request];

    /// <summary>How many requests are whole in the first bytes of the script.</summary>
    public int WholeWithin(int bytes) => _ends.Count(end => end <= bytes);

    /// <summary>Whether these first bytes end within a request, and not between two.</summary>
    public bool IsCutAt(int bytes) => bytes > 0 && !_ends.Contains(bytes);

    private static RequestKind ChooseRequest(Random random)
    {
        var salt = random.Next();
        return random.Next(8) switch
        {
            0 => RequestKind.OfPattern(SoakRoutes.Stream, Size(random, MaxDownloadBits), salt),
            1 => RequestKind.OfPattern(SoakRoutes.Chunks, Size(random, MaxDownloadBits), salt),
            2 => RequestKind.OfGreeting(SoakRoutes.Wait, random.Next(LongestWait), salt),
            3 => RequestKind.OfUpload(Size(random, MaxUploadBits), salt),
            4 or 5 => RequestKind.OfChunkedUpload(Size(random, MaxUploadBits), salt, random),
            _ => RequestKind.OfGreeting(SoakRoutes.Short, 0, salt),
        };
    }

    private static int Size(Random random, int bits) => random.Next(1, 1 << random.Next(1, bits));
}
