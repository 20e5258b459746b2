using System.Text.Json;
using System.Text.Json.Serialization;

namespace Kestrel.Transport.Rio.SoakTests;

/// <summary>How reports are written.</summary>
internal static class ReportJson
{
    private static readonly JsonSerializerOptions s_options = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    public static string Of<T>(T report) => JsonSerializer.Serialize(report, s_options);
}
