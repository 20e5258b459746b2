namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>Whose conduct is on trial.</summary>
internal enum VerifierScope
{
    /// <summary>
    /// The transport's: what the provider would have to refuse, or would only clean up at close, is a breach already.
    /// </summary>
    Transport,

    /// <summary>
    /// The provider's: calls that the contract answers with a refusal are let through, and accepting them is the breach.
    /// </summary>
    Provider,
}
