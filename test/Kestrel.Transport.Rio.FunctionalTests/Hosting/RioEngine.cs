namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

public sealed class RioEngine(ApplicationScheduling scheduling) : Engine
{
    public override string Name => "Rio" + scheduling;

    public override string ConnectionAssembly => typeof(RioTransportOptions).Assembly.GetName().Name!;

    public override bool ServesUnixSockets => OperatingSystem.IsLinux();

    public override void Use(IWebHostBuilder builder, TransportSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        builder.UseRio(options =>
        {
            // A test of Rio must never pass because Sockets has served it.
            options.Fallback = UnavailableBehavior.Throw;
            options.ApplicationScheduling = scheduling;
            options.Backlog = settings.Backlog;
            options.NoDelay = settings.NoDelay;
            options.FinOnError = settings.FinOnError;
            options.MaxReadBufferSize = settings.MaxReadBufferSize;
            options.MaxWriteBufferSize = settings.MaxWriteBufferSize;
            options.WaitForDataBeforeAllocatingBuffer = settings.WaitForDataBeforeAllocatingBuffer;
            var createSocket = settings.CreateBoundListenSocket ?? RioTransportOptions.CreateDefaultBoundListenSocket;
            options.CreateBoundListenSocket = endPoint => settings.ConfigureListenSocket(createSocket(endPoint));
        });
    }
}
