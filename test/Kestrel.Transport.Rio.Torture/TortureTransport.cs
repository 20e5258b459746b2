namespace Kestrel.Transport.Rio.Torture;

internal enum TortureTransport
{
    Rio,
    Sockets,
}
