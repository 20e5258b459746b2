namespace Kestrel.Transport.Rio.FunctionalTests.Support;

/// <summary>A path that may fill all of <c>sun_path</c>, which .NET's own endpoint does not take.</summary>
public sealed class RawUnixEndPoint(string path) : EndPoint
{
    // struct sockaddr_un (unix(7)): the family, and 108 bytes of path.
    private const int PathOffset = 2;
    private const int Length = PathOffset + 108;

    public override AddressFamily AddressFamily => AddressFamily.Unix;

    public override SocketAddress Serialize()
    {
        var address = new SocketAddress(AddressFamily.Unix, Length);
        Encoding.UTF8.GetBytes(path, address.Buffer.Span[PathOffset..]);
        return address;
    }

    public override EndPoint Create(SocketAddress socketAddress) => this;

    public override string ToString() => path;
}
