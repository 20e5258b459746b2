using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;
using Kestrel.Transport.Rio.Platform;
using Kestrel.Transport.Rio.Platform.Linux;

namespace Kestrel.Transport.Rio.IoUring;

/// <summary>Registered I/O on io_uring: one ring for each completion queue, and the buffer table that they share.</summary>
/// <param name="submissionEntries">Entries of each submission queue: a power of two. Its completion queue has at least twice as many.</param>
internal sealed unsafe class IoUringIo(uint submissionEntries = IoUringCompletionQueue.SubmissionEntries) : RegisteredIo
{
    /// <summary>
    /// Entries in the buffer table of a ring, one for each slab. The kernel allows 16,384 and spends 8 bytes on each.
    /// 4,096 slabs of the default size are 4 GiB; further slabs stay unregistered. Every ring locks a slab for itself, and
    /// the kernel charges each of them to RLIMIT_MEMLOCK.
    /// </summary>
    public const int BufferTableSize = 4096;

    private readonly Lock _lock = new();
    private readonly List<IoUringCompletionQueue> _completionQueues = [];
    private readonly IoVector[] _buffers = new IoVector[BufferTableSize];
    private bool _disposed;

    public override string Name => "io_uring";

    public override RioCapabilities Capabilities { get; } = new()
    {
        CanWaitForData = true,
        CanSendAtOnce = true,
        AcceptsUnregisteredBuffers = true,
        KeepsRequestsOfEndedThreads = true,
    };

    public override SocketError RegisterBuffer(nint address, int length, out BufferId id)
    {
        id = BufferId.Invalid;
        if (length <= 0)
        {
            return SocketError.InvalidArgument;
        }

        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var index = Array.FindIndex(_buffers, static entry => entry.Base == 0);
            if (index < 0)
            {
                return CompletionQueue.TooManyReferences;
            }

            var buffer = new IoVector { Base = address, Length = (nuint)length };
            for (var i = 0; i < _completionQueues.Count; i++)
            {
                var error = _completionQueues[i].UpdateBuffer(index, buffer);
                if (error != SocketError.Success)
                {
                    // A buffer that only some rings know would be refused on the others: all or none.
                    for (var j = 0; j < i; j++)
                    {
                        _ = _completionQueues[j].UpdateBuffer(index, default);
                    }

                    return error;
                }
            }

            _buffers[index] = buffer;
            id = new BufferId((ulong)index);
            return SocketError.Success;
        }
    }

    public override void DeregisterBuffer(BufferId id)
    {
        lock (_lock)
        {
            if (_disposed || id.Value >= BufferTableSize || _buffers[id.Value].Base == 0)
            {
                return;
            }

            foreach (var completionQueue in _completionQueues)
            {
                _ = completionQueue.UpdateBuffer((int)id.Value, default);
            }

            _buffers[id.Value] = default;
        }
    }

    public override CompletionQueue CreateCompletionQueue(int capacity)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var completionQueue = new IoUringCompletionQueue(this, capacity, submissionEntries);
            try
            {
                for (var i = 0; i < _buffers.Length; i++)
                {
                    if (_buffers[i].Base != 0 && completionQueue.UpdateBuffer(i, _buffers[i]) != SocketError.Success)
                    {
                        throw new InvalidOperationException(
                            "The machine locks no more memory for this process (RLIMIT_MEMLOCK), and what is registered "
                            + "already cannot be shared with one more ring.");
                    }
                }
            }
            catch
            {
                completionQueue.Dispose();
                throw;
            }

            _completionQueues.Add(completionQueue);
            return completionQueue;
        }
    }

    public override void Discard(AcceptedSocket socket) => _ = LibC.Close((int)socket.Handle);

    public override ThreadActivity? ObserveCurrentThread() => LinuxThreadActivity.OfCurrentThread();

    public override ThreadTimes? ReadThreadTimes() => LinuxThreadTimes.OfCurrentThread();

    public override Alarm CreateAlarm() => FutexAlarm.IsSupported ? new FutexAlarm() : base.CreateAlarm();

    public override void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
        }
    }

    /// <summary>Excludes a completion queue that is disposed from the registrations.</summary>
    internal void Remove(IoUringCompletionQueue completionQueue)
    {
        lock (_lock)
        {
            _completionQueues.Remove(completionQueue);
        }
    }
}
