using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace PlatformBenchmarks;

/// <summary>A certificate for this process alone: made at start, kept in memory.</summary>
internal static class MemoryCertificate
{
    public static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = DateTimeOffset.UtcNow;
        return request.CreateSelfSigned(now.AddMinutes(-5), now.AddDays(1));
    }
}
