using System.Diagnostics;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace ConfirmOnWindows.Winsock;

/// <summary>A completion queue that notifies by a completion port, and a count of what is outstanding on it.</summary>
internal sealed unsafe class ProbeQueue : IDisposable
{
    private const int NotifyKey = 1;

    private readonly WinsockFunctions _functions;
    private readonly CompletionPort _port = new();
    private readonly OverlappedBlock* _notification = (OverlappedBlock*)NativeMemory.AllocZeroed((nuint)sizeof(OverlappedBlock));

    private ProbeQueue(WinsockFunctions functions) => _functions = functions;

    public nint Handle { get; private set; }

    public int Outstanding { get; private set; }

    public static CallResult TryCreate(WinsockFunctions functions, uint size, out ProbeQueue queue)
    {
        queue = new ProbeQueue(functions);
        var notification = new RioNotificationCompletion
        {
            Type = RioNotificationType.Iocp,
            IocpHandle = queue._port.Handle,
            CompletionKey = NotifyKey,
            Overlapped = (nint)queue._notification,
        };
        queue.Handle = functions.Rio.CreateCompletionQueue(size, &notification);
        var error = Marshal.GetLastSystemError();
        return queue.Handle == RioExtensionFunctionTable.InvalidCompletionQueue
            ? new CallResult(IsAccepted: false, error)
            : new CallResult(IsAccepted: true, 0);
    }

    public void OnAccepted() => Outstanding++;

    /// <summary>So many completions, or those that came in the time.</summary>
    public List<Arrival> Dequeue(int count, TimeSpan within)
    {
        var arrivals = new List<Arrival>();
        var clock = Stopwatch.StartNew();
        var wait = default(SpinWait);
        while (arrivals.Count < count)
        {
            RioResult result;
            var dequeued = _functions.Rio.DequeueCompletion(Handle, &result, 1);
            if (dequeued == RioExtensionFunctionTable.CorruptCompletionQueue)
            {
                throw new InvalidOperationException("RIODequeueCompletion says RIO_CORRUPT_CQ.");
            }

            if (dequeued == 1)
            {
                Outstanding--;
                arrivals.Add(new Arrival(result.RequestContext, (int)result.Status, result.BytesTransferred));
            }
            else if (clock.Elapsed >= within)
            {
                break;
            }
            else
            {
                // Looks again every millisecond or so: whether RIONotify tells of completions is one of the questions.
                wait.SpinOnce();
            }
        }

        return arrivals;
    }

    /// <returns>0, or the error.</returns>
    public int Notify() => _functions.Rio.Notify(Handle);

    /// <summary>Whether a notification came in the time.</summary>
    public bool IsNotified(TimeSpan within)
    {
        Span<OverlappedEntry> packets = stackalloc OverlappedEntry[1];
        return _port.Take(packets, within) == 1;
    }

    public CallResult Resize(uint size)
    {
        var isAccepted = _functions.Rio.ResizeCompletionQueue(Handle, size) != 0;
        var error = Marshal.GetLastSystemError();
        return new CallResult(isAccepted, isAccepted ? 0 : error);
    }

    /// <summary>For a queue on which nothing is outstanding.</summary>
    public void Dispose()
    {
        if (Handle != RioExtensionFunctionTable.InvalidCompletionQueue)
        {
            _functions.Rio.CloseCompletionQueue(Handle);
        }

        _port.Dispose();
        NativeMemory.Free(_notification);
    }
}
