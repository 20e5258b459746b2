namespace ConfirmOnWindows;

/// <summary>Where the other programs of this repository are: built from the clone, or published somewhere before.</summary>
internal sealed class Programs(string? published)
{
    private const string Solution = "Kestrel.Transport.Rio.sln";

    private static readonly TimeSpan s_buildDeadline = TimeSpan.FromMinutes(5);

    /// <summary>Builds the project, if it is to be built.</summary>
    /// <param name="project">Its folder, from the root of the repository; the program is named like the last part.</param>
    /// <param name="ended">The end of it all.</param>
    /// <exception cref="InvalidOperationException">It does not build, or there is no such program.</exception>
    public async Task<string> GetAsync(string project, CancellationToken ended)
    {
        var name = Path.GetFileName(project);
        var file = OperatingSystem.IsWindows() ? $"{name}.exe" : name;
        string program;
        if (published is null)
        {
            var folder = Path.Combine(FindRoot(), project);
            var build = await ChildProcess.RunAsync(
                "dotnet", ["build", "-c", "Release", "--nologo", "-clp:ErrorsOnly", folder], s_buildDeadline, ended);
            if (build.ExitCode != 0)
            {
                throw new InvalidOperationException($"The build of {project} {build.Ending}: {build.Output}");
            }

            program = Path.Combine(folder, "bin", "Release", "net10.0", file);
        }
        else
        {
            program = Path.Combine(Path.GetFullPath(published), name, file);
        }

        return File.Exists(program) ? program : throw new InvalidOperationException($"There is no {program}.");
    }

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, Solution)))
            {
                return folder;
            }
        }

        throw new InvalidOperationException($"This program is not in a clone of the repository: no folder above it holds {Solution}.");
    }
}
