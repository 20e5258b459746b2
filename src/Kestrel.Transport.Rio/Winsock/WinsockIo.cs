using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>Registered I/O on Winsock RIO. Registrations belong to the process: every completion queue knows all of them.</summary>
internal sealed unsafe class WinsockIo(WinsockFunctions functions) : RegisteredIo
{
    public override string Name => "Winsock RIO";

    /// <summary>
    /// No wait for data: Winsock does not document that a receive of no bytes waits. No Unix sockets: Winsock does not document
    /// registered I/O on them. One buffer per request: Winsock documents no more.
    /// </summary>
    public override RioCapabilities Capabilities { get; } = new()
    {
        CanWaitForData = false,
        AcceptsUnregisteredBuffers = false,
    };

    public override SocketError RegisterBuffer(nint address, int length, out BufferId id)
    {
        id = BufferId.Invalid;
        if (length <= 0)
        {
            return SocketError.InvalidArgument;
        }

        var value = functions.Rio.RegisterBuffer(address, (uint)length);
        if (value == RioBuf.InvalidBufferId)
        {
            var error = Marshal.GetLastSystemError();
            return error == 0 ? SocketError.NoBufferSpaceAvailable : ErrorCode.ToSocketError(error);
        }

        id = new BufferId(value);
        return SocketError.Success;
    }

    public override void DeregisterBuffer(BufferId id)
    {
        if (id.IsValid)
        {
            functions.Rio.DeregisterBuffer((nuint)id.Value);
        }
    }

    public override CompletionQueue CreateCompletionQueue(int capacity) => new WinsockCompletionQueue(functions, capacity);

    public override void Discard(AcceptedSocket socket)
    {
        // The managed socket does not own the handle: see WinsockRequestQueue.Socket.
        socket.Socket?.Dispose();
        _ = Ws2.Close(socket.Handle);
    }

    public override void Dispose()
    {
    }
}
