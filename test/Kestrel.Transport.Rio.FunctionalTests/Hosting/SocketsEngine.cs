using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Kestrel.Transport.Rio.FunctionalTests.Hosting;

public sealed class SocketsEngine : Engine
{
    public override string Name => "Sockets";

    public override string ConnectionAssembly => typeof(SocketTransportOptions).Assembly.GetName().Name!;

    public override bool ServesUnixSockets => true;

    public override void Use(IWebHostBuilder builder, TransportSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        builder.UseSockets(options =>
        {
            options.Backlog = settings.Backlog;
            options.NoDelay = settings.NoDelay;
            SetFinOnError(options, settings.FinOnError);
            options.MaxReadBufferSize = settings.MaxReadBufferSize;
            options.MaxWriteBufferSize = settings.MaxWriteBufferSize;
            options.WaitForDataBeforeAllocatingBuffer = settings.WaitForDataBeforeAllocatingBuffer;
            var createSocket = settings.CreateBoundListenSocket ?? SocketTransportOptions.CreateDefaultBoundListenSocket;
            options.CreateBoundListenSocket = endPoint => settings.ConfigureListenSocket(createSocket(endPoint));
        });
    }

    /// <summary>
    /// A public option of Rio; of Sockets only a switch for the whole process, Microsoft.AspNetCore.Server.Kestrel.FinOnError,
    /// with an internal property behind it.
    /// </summary>
    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_FinOnError")]
    private static extern void SetFinOnError(SocketTransportOptions options, bool value);
}
