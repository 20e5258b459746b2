using System.Net;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>Both directions of a connection between a simulated socket and its peer. Guarded by the machine's gate.</summary>
internal sealed class SimulatedConnection(SimulatedIo io, int number)
{
    private const double ResetDropsDataChance = 0.5;
    private readonly ByteFifo _toServer = new();

    public nint Handle { get; } = 0x0051_0000 + number;

    public EndPoint PeerEndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 10_000 + (number % 50_000));

    public EndPoint ServerEndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 80);

    public ByteFifo ToPeer { get; } = new();

    public int Window { get; set; } = io.Options.Window;

    /// <summary>The peer takes bytes away as fast as they come, so that the window never fills.</summary>
    public bool PeerReads { get; set; } = true;

    public bool PeerFinished { get; private set; }

    public bool PeerReset { get; private set; }

    public bool ServerFinished { get; private set; }

    public bool ServerReset { get; private set; }

    public bool ServerClosed { get; private set; }

    public bool IsBroken => PeerReset || ServerReset;

    /// <summary>Bytes that the server has not received yet.</summary>
    public int Unreceived => _toServer.Length;

    public bool HasSomethingToReceive => _toServer.Length > 0 || PeerFinished || IsBroken;

    private int Room => PeerReads ? int.MaxValue : Math.Max(0, Window - ToPeer.Length);

    public bool TryWriteAsPeer(ReadOnlySpan<byte> bytes)
    {
        if (PeerFinished || IsBroken || ServerClosed)
        {
            return false;
        }

        _toServer.Write(bytes);
        return true;
    }

    public void FinishAsPeer() => PeerFinished = true;

    public void ResetAsPeer()
    {
        PeerReset = true;

        // Kernels differ: Linux still hands out what had arrived before the reset, others throw it away.
        if (io.Random.Chance(ResetDropsDataChance))
        {
            _toServer.Clear();
        }
    }

    public void FinishAsServer() => ServerFinished = true;

    public void CloseAsServer(CloseMode mode)
    {
        ServerClosed = true;
        if (mode == CloseMode.Abortive)
        {
            ServerReset = true;
        }
        else
        {
            ServerFinished = true;
        }
    }

    /// <summary>Why nothing can be sent any more; null as long as it can.</summary>
    public SocketError? SendError => IsBroken ? SocketError.ConnectionReset : ServerFinished ? SocketError.Shutdown : null;

    /// <summary>Takes what there is room for, or less on an unsteady machine; gives how many bytes.</summary>
    public int SendAtOnce(in RioBuffer buffer)
    {
        if (SendError is not null || io.Random.Chance(io.Options.HesitationChance))
        {
            return 0;
        }

        var most = Math.Min(buffer.Length, Room);
        var count = most > 1 && io.Random.Chance(io.Options.ShortTransferChance) ? io.Random.Between(1, most - 1) : most;
        ToPeer.Write(Memory(buffer)[..count]);
        io.Changed();
        return count;
    }

    /// <summary>Whether <see cref="Advance"/> would do something.</summary>
    public bool CanAdvance(SimulatedRequest request)
    {
        if (request.IsStalled)
        {
            return false;
        }

        if (request.Kind != RequestKind.Send)
        {
            return request.Doom != SocketError.Success || HasSomethingToReceive;
        }

        return request.Doom != SocketError.Success || IsBroken || ServerFinished || Room > 0;
    }

    /// <summary>Moves bytes for a running request.</summary>
    /// <returns>The result, or null when the request has more to do.</returns>
    public SocketError? Advance(SimulatedRequest request) => request.Kind switch
    {
        RequestKind.Receive => AdvanceReceive(request),
        RequestKind.WaitForData => SocketError.Success,
        _ => AdvanceSend(request),
    };

    private SocketError? AdvanceReceive(SimulatedRequest request)
    {
        if (request.Doom != SocketError.Success)
        {
            if (request.Doom == SocketError.ConnectionReset)
            {
                Break();
            }

            return request.Doom;
        }

        if (_toServer.Length == 0)
        {
            return IsBroken ? SocketError.ConnectionReset : SocketError.Success;
        }

        var most = Math.Min(_toServer.Length, request.Buffer.Length);
        var count = io.Random.Chance(io.Options.PartialReceiveChance) ? io.Random.Between(1, most) : most;
        request.Moved = _toServer.Read(Memory(request.Buffer)[..count]);
        return SocketError.Success;
    }

    private SocketError? AdvanceSend(SimulatedRequest request)
    {
        if (SendError is { } error)
        {
            return error;
        }

        var rest = request.Buffer.Length - request.Moved;
        var most = Math.Min(rest, Room);
        var count = most;
        if (request.Doom != SocketError.Success)
        {
            // A failure half-way: never with all bytes, which would be no failure.
            count = most == 0 ? 0 : io.Random.Below(most);
        }
        else if (io.Random.Chance(io.Options.ShortTransferChance) && most > 1)
        {
            count = io.Random.Between(1, most - 1);
        }

        ToPeer.Write(Memory(request.Buffer).Slice(request.Moved, count));
        request.Moved += count;
        io.Changed();
        if (request.Doom == SocketError.Success)
        {
            return request.Moved == request.Buffer.Length ? SocketError.Success : null;
        }

        // Nobody knows what arrived, so nothing may be sent behind it.
        Break();
        return request.Doom;
    }

    private void Break()
    {
        PeerReset = true;
        ServerReset = true;
        io.Changed();
    }

    private static unsafe Span<byte> Memory(in RioBuffer buffer) => new((void*)buffer.Address, buffer.Length);
}
