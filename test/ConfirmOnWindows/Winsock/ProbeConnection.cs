using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace ConfirmOnWindows.Winsock;

/// <summary>A connected socket for registered I/O, its request queue, and the peer, an ordinary socket.</summary>
internal sealed unsafe class ProbeConnection
{
    // Small, so that sends to a peer that does not read stay outstanding.
    private const int PeerReceiveBuffer = 8192;

    private readonly WinsockFunctions _functions;
    private readonly ProbeQueue _queue;
    private nint _requestQueue;
    private bool _isClosed;

    private ProbeConnection(WinsockFunctions functions, ProbeQueue queue)
    {
        _functions = functions;
        _queue = queue;
        Handle = WinsockFunctions.CreateSocket(Ws2.AddressFamilyInet);
        if (Handle == Ws2.InvalidSocket)
        {
            throw new InvalidOperationException($"No socket for registered I/O: {ErrorName.Of(Marshal.GetLastPInvokeError())}");
        }

        using var listenSocket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listenSocket.ReceiveBufferSize = PeerReceiveBuffer;
        listenSocket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listenSocket.Listen();
        using var socket = new Socket(new SafeSocketHandle(Handle, ownsHandle: false));
        socket.Connect(listenSocket.LocalEndPoint!);
        Peer = listenSocket.Accept();
        Peer.ReceiveTimeout = 5000;
    }

    public nint Handle { get; }

    public Socket Peer { get; }

    public static CallResult TryOpen(
        WinsockFunctions functions, ProbeQueue queue, uint receives, uint sends, out ProbeConnection connection)
    {
        connection = new ProbeConnection(functions, queue);
        return TryCreateRequestQueue(functions, connection.Handle, queue, receives, sends, out connection._requestQueue);
    }

    public static CallResult TryCreateRequestQueue(
        WinsockFunctions functions, nint socket, ProbeQueue queue, uint receives, uint sends, out nint requestQueue)
    {
        requestQueue = functions.Rio.CreateRequestQueue(socket, receives, 1, sends, 1, queue.Handle, queue.Handle, 0);
        var error = Marshal.GetLastSystemError();
        return requestQueue == RioExtensionFunctionTable.InvalidRequestQueue
            ? new CallResult(IsAccepted: false, error)
            : new CallResult(IsAccepted: true, 0);
    }

    public CallResult Receive(RioBuf buffer, ulong request)
        => Count(_functions.Rio.Receive(_requestQueue, &buffer, 1, RioMessageFlags.None, (nuint)request));

    public CallResult ReceiveWithoutBuffer(ulong request)
        => Count(_functions.Rio.Receive(_requestQueue, null, 0, RioMessageFlags.None, (nuint)request));

    public CallResult Send(RioBuf buffer, ulong request, RioMessageFlags flags = RioMessageFlags.None)
        => Count(_functions.Rio.Send(_requestQueue, &buffer, 1, flags, (nuint)request));

    /// <summary>A commit is no request: nothing completes for it.</summary>
    public CallResult CommitSends() => Result(_functions.Rio.Send(_requestQueue, null, 0, RioMessageFlags.CommitOnly, 0));

    public CallResult Resize(uint receives, uint sends)
        => Result(_functions.Rio.ResizeRequestQueue(_requestQueue, receives, sends));

    /// <summary>Whether the peer gets exactly this next.</summary>
    public bool PeerGets(ReadOnlySpan<byte> expected)
    {
        var received = new byte[expected.Length];
        for (var length = 0; length < received.Length;)
        {
            var count = Peer.Receive(received.AsSpan(length));
            if (count == 0)
            {
                return false;
            }

            length += count;
        }

        return expected.SequenceEqual(received);
    }

    /// <summary>The peer ends with RST.</summary>
    public void PeerResets()
    {
        Peer.LingerState = new LingerOption(enable: true, 0);
        Peer.Dispose();
    }

    /// <summary>SO_LINGER 1,0 and closesocket.</summary>
    public void Abort()
    {
        var linger = new Linger { OnOff = 1, Seconds = 0 };
        _ = Ws2.SetOption(Handle, Ws2.LevelSocket, Ws2.OptionLinger, &linger, sizeof(Linger));
        Close();
    }

    public void Close()
    {
        if (!_isClosed)
        {
            _isClosed = true;
            _ = Ws2.Close(Handle);
        }
    }

    private static CallResult Result(int answer)
    {
        var error = Marshal.GetLastSystemError();
        return answer != 0 ? new CallResult(IsAccepted: true, 0) : new CallResult(IsAccepted: false, error);
    }

    private CallResult Count(int answer)
    {
        var result = Result(answer);
        if (result.IsAccepted)
        {
            _queue.OnAccepted();
        }

        return result;
    }
}
