using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Winsock.Interop;
using Microsoft.Win32.SafeHandles;

namespace Kestrel.Transport.Rio.Winsock;

/// <summary>An I/O completion port, on which one thread at a time waits. Any thread may post.</summary>
internal sealed unsafe class CompletionPort : IDisposable
{
    private readonly SafeFileHandle _handle;

    public CompletionPort()
    {
        var handle = Kernel32.CreateIoCompletionPort(Kernel32.InvalidHandle, 0, 0, concurrentThreads: 1);
        if (handle == 0)
        {
            throw new InvalidOperationException($"CreateIoCompletionPort failed with error {Marshal.GetLastPInvokeError()}.");
        }

        _handle = new SafeFileHandle(handle, ownsHandle: true);
    }

    /// <summary>For the owner of the port, and not after it has disposed the port.</summary>
    public nint Handle => _handle.DangerousGetHandle();

    /// <summary>
    /// Has the completions of a handle reported here. False when the handle reports to another port, or did so once: a handle
    /// has one port for its life.
    /// </summary>
    public bool TryAssociate(nint file, nint key) => Kernel32.CreateIoCompletionPort(file, Handle, key, 0) != 0;

    /// <summary>False when the machine has no memory for it. On a closed port it does nothing, because no thread waits there.</summary>
    public bool TryPost(nint key, nint value)
    {
        // With a reference: the owner may close the port meanwhile, and the handle's number may then be another object's.
        var isHeld = false;
        try
        {
            _handle.DangerousAddRef(ref isHeld);
            return Kernel32.PostQueuedCompletionStatus(Handle, 0, key, (OverlappedBlock*)value) != 0;
        }
        catch (ObjectDisposedException)
        {
            return true;
        }
        finally
        {
            if (isHeld)
            {
                _handle.DangerousRelease();
            }
        }
    }

    /// <summary>Takes the packets, and waits when there are none. 0 when the time is over.</summary>
    public int Take(Span<OverlappedEntry> entries, TimeSpan timeout)
    {
        fixed (OverlappedEntry* first = entries)
        {
            uint count;
            if (Kernel32.GetQueuedCompletionStatuses(
                Handle, first, (uint)entries.Length, &count, ToMilliseconds(timeout), alertable: 0) != 0)
            {
                return (int)count;
            }
        }

        var error = Marshal.GetLastPInvokeError();
        return error == ErrorCode.WaitTimeout
            ? 0
            : throw new InvalidOperationException($"GetQueuedCompletionStatusEx failed with error {error}.");
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>Rounded up: a wait that ends early would only be repeated.</summary>
    private static uint ToMilliseconds(TimeSpan timeout)
        => timeout == Timeout.InfiniteTimeSpan ? Kernel32.Infinite : (uint)Math.Clamp(Math.Ceiling(timeout.TotalMilliseconds), 0, int.MaxValue);
}
