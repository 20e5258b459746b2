using Xunit;

namespace Kestrel.Transport.Rio.Tests.Layers;

/// <summary>A folder of the transport is a layer, and uses only the layers below it.</summary>
public sealed class LayerTests
{
    private const int MaxLines = 400;

    // From the top to the bottom. The two providers are side by side, and neither uses the other.
    private static readonly string[][] s_layers =
    [
        [""],
        ["Hosting"],
        ["IoUring", "IoUring.Interop", "Winsock", "Winsock.Interop"],
        ["Connections"],
        ["Scheduling.Adaptive"],
        ["Scheduling"],
        ["Polling"],
        ["Buffers"],
        ["Contract.Support"],
        ["Contract"],
        ["Diagnostics"],
        ["Platform.Linux"],
        ["Platform"],
    ];

    // Plain data that every layer may read.
    private static readonly string[] s_options =
        ["ApplicationScheduling", "RegistrationGranularity", "ReturnedMemory", "RioTransportOptions", "UnavailableBehavior"];

    private static readonly string[] s_generated = ["[LibraryImport", "[LoggerMessage"];

    private static readonly IReadOnlyList<SourceFile> s_files = SourceFile.ReadAll();

    public static TheoryData<string> Folders => [.. s_files.Select(static file => file.Folder).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Folder_uses_only_layers_below_it(string folder)
    {
        var wrong = from file in s_files
                    where file.IsIn(folder)
                    from used in file.UsedFolders
                    where !IsBelow(used, folder)
                    select $"{file} uses {used}";

        Assert.Empty(wrong);
    }

    [Fact]
    public void Layers_below_the_root_use_only_its_options()
    {
        var top = s_files.Where(static file => file.IsIn("") && !s_options.Contains(file.Name, StringComparer.Ordinal)).Select(static file => file.Name).ToArray();
        var wrong = from file in s_files
                    where !file.IsIn("")
                    from name in top
                    where file.Mentions(name)
                    select $"{file} uses {name}";

        Assert.NotEmpty(top);
        Assert.Empty(wrong);
    }

    [Fact]
    public void Namespace_is_the_folder()
        => Assert.DoesNotContain(s_files, static file => !file.HasNamespaceOfFolder);

    [Fact]
    public void File_has_at_most_400_lines()
        => Assert.DoesNotContain(s_files, static file => file.Lines > MaxLines);

    [Fact]
    public void Class_lives_in_one_file()
        => Assert.DoesNotContain(s_files, static file => file.Name.Contains('.', StringComparison.Ordinal));

    [Fact]
    public void Partial_class_is_for_generated_code()
        => Assert.DoesNotContain(s_files, static file => file.Mentions("partial") && !Array.Exists(s_generated, generated => file.Code.Contains(generated, StringComparison.Ordinal)));

    [Fact]
    public void Operating_system_is_asked_only_in_Hosting()
        => Assert.DoesNotContain(s_files, static file => !file.IsIn("Hosting") && file.Code.Contains("OperatingSystem.Is", StringComparison.Ordinal));

    private static bool IsBelow(string used, string folder)
    {
        var from = LayerOf(folder);
        var to = LayerOf(used);
        return to > from || (to == from && string.Equals(used.Split('.')[0], folder.Split('.')[0], StringComparison.Ordinal));
    }

    private static int LayerOf(string folder)
    {
        var layer = Array.FindIndex(s_layers, layer => layer.Contains(folder, StringComparer.Ordinal));
        Assert.True(layer >= 0, $"The folder '{folder}' belongs to no layer.");
        return layer;
    }
}
