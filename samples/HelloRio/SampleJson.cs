using System.Text.Json.Serialization;
using HelloRio.Figures;
using HelloRio.Routes;

namespace HelloRio;

/// <summary>The serializers of the sample's answers, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JsonMessage))]
[JsonSerializable(typeof(UploadSummary))]
[JsonSerializable(typeof(FiguresReport))]
internal sealed partial class SampleJson : JsonSerializerContext;
