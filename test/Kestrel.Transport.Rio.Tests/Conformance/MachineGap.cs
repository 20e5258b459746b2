namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>What a machine may do otherwise than every kernel that a provider is made for.</summary>
internal enum MachineGap
{
    /// <summary>An abortive close with requests outstanding shows the peer FIN.</summary>
    ResetWithRequestsOutstanding,

    /// <summary>An accept on a socket that does not listen waits instead of failing.</summary>
    AcceptWithoutListening,
}
