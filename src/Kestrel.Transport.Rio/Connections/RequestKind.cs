namespace Kestrel.Transport.Rio.Connections;

/// <summary>What a request of a connection was: its <see cref="Contract.RioResult.RequestContext"/>.</summary>
internal enum RequestKind : ulong
{
    WaitForData = 1,
    Receive = 2,
    Send = 3,
}
