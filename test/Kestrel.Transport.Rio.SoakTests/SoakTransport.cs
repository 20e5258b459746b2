namespace Kestrel.Transport.Rio.SoakTests;

internal enum SoakTransport
{
    Rio,
    Sockets,
}
