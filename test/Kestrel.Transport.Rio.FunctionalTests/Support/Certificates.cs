using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Kestrel.Transport.Rio.FunctionalTests.Support;

public static class Certificates
{
    private static readonly Lazy<X509Certificate2> s_localhost = new(CreateLocalhost);

    /// <summary>A self-signed server certificate for localhost and 127.0.0.1, made for this run; skips the test where none can be.</summary>
    public static X509Certificate2 Localhost
    {
        get
        {
            Assert.SkipWhen(Wine.IsHere, Wine.MakesNoCertificate);
            return s_localhost.Value;
        }
    }

    private static X509Certificate2 CreateLocalhost()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        var now = DateTimeOffset.UtcNow;
        using var certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));

        // Windows' TLS does not take a key that lives in memory only.
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
