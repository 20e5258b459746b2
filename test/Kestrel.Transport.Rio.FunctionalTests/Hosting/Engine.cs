namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

/// <summary>The transport under test. Every scenario runs once on each; Sockets is the control.</summary>
public abstract class Engine
{
    public static Engine Sockets { get; } = new SocketsEngine();

    public static Engine RioOnThreadPool { get; } = new RioEngine(ApplicationScheduling.ThreadPool);

    public static Engine RioInline { get; } = new RioEngine(ApplicationScheduling.Inline);

    public static Engine RioAdaptive { get; } = new RioEngine(ApplicationScheduling.Adaptive);

    public abstract string Name { get; }

    /// <summary>The assembly whose connections the engine makes: proof that no other transport has served in its place.</summary>
    public abstract string ConnectionAssembly { get; }

    /// <summary>Whether Unix domain sockets are the engine's own. Where they are not, Sockets serves them.</summary>
    public abstract bool ServesUnixSockets { get; }

    public static Engine Named(string name) =>
        new[] { Sockets, RioOnThreadPool, RioInline, RioAdaptive }.Single(engine => string.Equals(engine.Name, name, StringComparison.Ordinal));

    public abstract void Use(IWebHostBuilder builder, TransportSettings settings);
}
