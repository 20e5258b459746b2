namespace Kestrel.Transport.Rio.FunctionalTests.Clients;

public sealed record ToolResult(int ExitCode, byte[] Output, string Errors)
{
    public string Text => Encoding.UTF8.GetString(Output);

    /// <summary>Fails with everything the tool said, for its exit code alone explains nothing.</summary>
    public void AssertSucceeded() => Assert.True(ExitCode == 0, $"Exit code {ExitCode}.\n{Text}\n{Errors}");
}
