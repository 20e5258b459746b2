using System.Text.Json.Serialization;
using PlatformBenchmarks.Control;

namespace PlatformBenchmarks.Routes;

/// <summary>The serializers, generated at build time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JsonMessage))]
[JsonSerializable(typeof(ProcessReport))]
internal sealed partial class BenchmarkJson : JsonSerializerContext;
