using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Buffers;

/// <summary>A provider that can do nothing but remember what is registered with it.</summary>
internal sealed class RecordingIo : RegisteredIo
{
    private readonly Lock _gate = new();
    private readonly Dictionary<BufferId, (nint Address, int Length)> _registered = [];
    private ulong _lastId;
    private bool _disposed;

    public override string Name => "recording";

    public override RioCapabilities Capabilities => new() { AcceptsUnregisteredBuffers = AcceptsUnregistered };

    public bool AcceptsUnregistered { get; init; }

    /// <summary>What the machine says to the next registrations.</summary>
    public SocketError Answer { get; set; } = SocketError.Success;

    /// <summary>How many more registrations the machine has room for.</summary>
    public int Room { get; set; } = int.MaxValue;

    public int Attempts { get; private set; }

    public int Deregistrations { get; private set; }

    public Action<nint, int>? Deregistering { get; set; }

    public IReadOnlyDictionary<BufferId, (nint Address, int Length)> Registered
    {
        get
        {
            lock (_gate)
            {
                return new Dictionary<BufferId, (nint, int)>(_registered);
            }
        }
    }

    public override SocketError RegisterBuffer(nint address, int length, out BufferId id)
    {
        lock (_gate)
        {
            Assert.False(_disposed, "registered with a disposed provider");
            Attempts++;
            id = BufferId.Invalid;
            if (Room == 0)
            {
                return SocketError.NoBufferSpaceAvailable;
            }

            if (Answer == SocketError.Success)
            {
                Room--;
                id = new BufferId(++_lastId);
                _registered.Add(id, (address, length));
            }

            return Answer;
        }
    }

    public override void DeregisterBuffer(BufferId id)
    {
        lock (_gate)
        {
            Assert.False(_disposed, "deregistered from a disposed provider");
            Assert.True(_registered.Remove(id, out var range), "deregistered what is not registered");
            Deregistrations++;
            Deregistering?.Invoke(range.Address, range.Length);
        }
    }

    public override CompletionQueue CreateCompletionQueue(int capacity) => throw new NotSupportedException();

    public override void Discard(AcceptedSocket socket) => throw new NotSupportedException();

    public override void Dispose() => _disposed = true;
}
