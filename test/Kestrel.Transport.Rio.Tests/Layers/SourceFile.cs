namespace Kestrel.Transport.Rio.Tests.Layers;

/// <summary>A source file of the transport.</summary>
internal sealed class SourceFile
{
    private const string RootNamespace = "Kestrel.Transport.Rio";
    private const string Using = $"using {RootNamespace}.";

    private SourceFile(string folder, string name, string[] lines)
    {
        Folder = folder;
        Name = name;
        Lines = lines.Length;
        Namespace = Array.Find(lines, static line => line.StartsWith("namespace ", StringComparison.Ordinal))?["namespace ".Length..].TrimEnd(';');
        UsedFolders = [.. lines.Where(static line => line.StartsWith(Using, StringComparison.Ordinal)).Select(static line => line[Using.Length..].TrimEnd(';'))];
        Code = string.Join('\n', lines.Select(static line => line.Split("//")[0]));
    }

    /// <summary>Its folder below the project, with dots; empty for the root.</summary>
    public string Folder { get; }

    /// <summary>The file name without its extension.</summary>
    public string Name { get; }

    public int Lines { get; }

    /// <summary>Null in a file without one, of assembly attributes.</summary>
    public string? Namespace { get; }

    /// <summary>The folders whose namespaces the file uses.</summary>
    public IReadOnlyList<string> UsedFolders { get; }

    /// <summary>The code without its comments.</summary>
    public string Code { get; }

    /// <summary>All source files of the transport, without those that the build makes.</summary>
    public static IReadOnlyList<SourceFile> ReadAll()
    {
        var root = Path.Combine(Repository.Root, "src", RootNamespace);
        return [.. Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Select(file => (File: file, Folder: Path.GetDirectoryName(Path.GetRelativePath(root, file))!.Replace(Path.DirectorySeparatorChar, '.')))
            .Where(static entry => entry.Folder.Split('.')[0] is not ("bin" or "obj"))
            .Select(static entry => new SourceFile(entry.Folder, Path.GetFileNameWithoutExtension(entry.File), File.ReadAllLines(entry.File)))];
    }

    /// <summary>Whether a type of this name is used in the code.</summary>
    public bool Mentions(string name)
    {
        for (var at = Code.IndexOf(name, StringComparison.Ordinal); at >= 0; at = Code.IndexOf(name, at + 1, StringComparison.Ordinal))
        {
            var end = at + name.Length;
            if (!IsPartOfName(at - 1) && !IsPartOfName(end))
            {
                return true;
            }
        }

        return false;
    }

    public bool IsIn(string folder) => string.Equals(Folder, folder, StringComparison.Ordinal);

    /// <summary>Whether the namespace is the folder. The root has extension methods in the namespaces that they extend.</summary>
    public bool HasNamespaceOfFolder
        => Folder.Length == 0 || string.Equals(Namespace, $"{RootNamespace}.{Folder}", StringComparison.Ordinal);

    public override string ToString() => $"{Folder.Replace('.', '/')}/{Name}.cs";

    private bool IsPartOfName(int index) => index >= 0 && index < Code.Length && (char.IsLetterOrDigit(Code[index]) || Code[index] == '_');
}
