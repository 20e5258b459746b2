namespace Kestrel.Transport.Rio.FunctionalTests;

public static class DescriptorShortage
{
    public const string Command = "--descriptor-shortage";
    public static Task<int> RunAsync(Engine engine) => Task.FromResult(engine is null ? 1 : 0);
}
