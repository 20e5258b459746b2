using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Platform;

namespace Kestrel.Transport.Rio.Tests.Polling;

/// <summary>A provider that notes the order in which it is taken apart, and can be short of completion queues.</summary>
internal sealed class DelegatingIo(RegisteredIo inner, int maxQueues = int.MaxValue) : RegisteredIo
{
    private int _queues;
    private int _wakeUpsToLose;
    private int _waits;
    private bool _withholdsCompletions;

    public override string Name => inner.Name;

    public override RioCapabilities Capabilities => inner.Capabilities;

    public List<string> TakenApart { get; } = [];

    /// <summary>Runs when a completion queue is about to be disposed.</summary>
    public Action? Closing { get; set; }

    /// <summary>Runs in each wake-up of a completion queue, on the thread that wakes it. Set while nobody does.</summary>
    public Action? Waking { get; set; }

    /// <summary>Runs when the owner of a completion queue is about to look for completions.</summary>
    public Action? Dequeuing { get; set; }

    /// <summary>In the order in which they were made.</summary>
    public List<DelegatingCompletionQueue> CompletionQueues { get; } = [];

    /// <summary>So many requests that nobody posted and that never complete.</summary>
    public int NeverCompleting { get; init; }

    /// <summary>Whatever the kernel still does, nobody hears of it.</summary>
    public bool WithholdsCompletions
    {
        get => Volatile.Read(ref _withholdsCompletions);
        set => Volatile.Write(ref _withholdsCompletions, value);
    }

    /// <summary>How often an owner began to wait. Any thread.</summary>
    public int Waits => Volatile.Read(ref _waits);

    /// <summary>So many wake-ups from now on reach nobody. Any thread.</summary>
    public int WakeUpsToLose
    {
        get => Math.Max(0, Volatile.Read(ref _wakeUpsToLose));
        set => Volatile.Write(ref _wakeUpsToLose, value);
    }

    public void NoteWait() => Interlocked.Increment(ref _waits);

    public override SocketError RegisterBuffer(nint address, int length, out BufferId id)
        => inner.RegisterBuffer(address, length, out id);

    public override void DeregisterBuffer(BufferId id)
    {
        Note("memory");
        inner.DeregisterBuffer(id);
    }

    /// <summary>What it is that there are no more queues for: lockable memory, or something else.</summary>
    public bool ShortOfMemory { get; init; } = true;

    public override CompletionQueue CreateCompletionQueue(int capacity)
    {
        if (_queues++ == maxQueues)
        {
            throw new CompletionQueueUnavailableException("No more queues.", ShortOfMemory);
        }

        var completionQueue = new DelegatingCompletionQueue(this, inner.CreateCompletionQueue(capacity));
        CompletionQueues.Add(completionQueue);
        return completionQueue;
    }

    public override void Discard(AcceptedSocket socket) => inner.Discard(socket);

    public override ThreadActivity? ObserveCurrentThread() => inner.ObserveCurrentThread();

    public override ThreadTimes? ReadThreadTimes() => inner.ReadThreadTimes();

    public override Alarm CreateAlarm() => inner.CreateAlarm();

    public override void Dispose()
    {
        Note("provider");
        inner.Dispose();
    }

    public bool LosesWakeUp() => Interlocked.Decrement(ref _wakeUpsToLose) >= 0;

    public bool HasTakenApart(string what)
    {
        lock (TakenApart)
        {
            return TakenApart.Contains(what);
        }
    }

    public void Note(string what)
    {
        lock (TakenApart)
        {
            TakenApart.Add(what);
        }
    }
}
