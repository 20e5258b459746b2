using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Simulation;

internal sealed class SimulatedRequest(RequestKind kind, RioBuffer buffer, ulong context)
{
    public RequestKind Kind { get; } = kind;

    public RioBuffer Buffer { get; } = buffer;

    public ulong Context { get; } = context;

    public RequestStage Stage { get; set; }

    /// <summary>The bytes it has moved so far.</summary>
    public int Moved { get; set; }

    public SocketError Status { get; private set; }

    /// <summary>The pass of the completion queue in which the completion may be seen.</summary>
    public long DuePass { get; private set; }

    /// <summary>Decided at the start: the failure that it will meet in place of going on, or success for none.</summary>
    public SocketError Doom { get; init; }

    /// <summary>Decided at the start: it goes on only when the socket is closed.</summary>
    public bool IsStalled { get; init; }

    public void End(SocketError status, long duePass)
    {
        Stage = RequestStage.Ended;
        Status = status;
        DuePass = duePass;
    }
}
