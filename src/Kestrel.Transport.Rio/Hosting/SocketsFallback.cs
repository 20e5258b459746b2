using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Kestrel.Transport.Rio.Hosting;

/// <summary>
/// Gives the Sockets transport the options that the user gave to this one. <see cref="RioTransportOptions.FinOnError"/> is
/// not among its public ones.
/// </summary>
internal static class SocketsFallback
{
    public static SocketTransportOptions MapOptions(RioTransportOptions options) => new()
    {
        IOQueueCount = options.PollerCount,
        Backlog = options.Backlog,
        NoDelay = options.NoDelay,
        MaxReadBufferSize = options.MaxReadBufferSize,
        MaxWriteBufferSize = options.MaxWriteBufferSize,
        WaitForDataBeforeAllocatingBuffer = options.WaitForDataBeforeAllocatingBuffer,
        UnsafePreferInlineScheduling = options.ApplicationScheduling == ApplicationScheduling.Inline,
        CreateBoundListenSocket = options.CreateBoundListenSocket,
    };
}
