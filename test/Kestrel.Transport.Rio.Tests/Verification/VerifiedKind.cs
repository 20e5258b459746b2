namespace Kestrel.Transport.Rio.Tests.Verification;

internal enum VerifiedKind
{
    Receive,
    WaitForData,
    Send,
}
