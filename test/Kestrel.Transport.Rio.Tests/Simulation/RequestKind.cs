namespace Kestrel.Transport.Rio.Tests.Simulation;

internal enum RequestKind
{
    Receive,
    WaitForData,
    Send,
}
