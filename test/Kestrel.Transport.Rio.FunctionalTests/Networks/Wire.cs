using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary>
/// Carries the packets between a server's and a client's device, badly. A thread of its own draws each packet's fate from a
/// seed; how the packets come to it is the kernel's doing, so two runs are alike and not the same.
/// </summary>
internal sealed class Wire : IAsyncDisposable
{
    private const int LargestPacket = 65_535;

    /// <summary>Packets taken from one device before the other has its turn.</summary>
    private const int Batch = 64;

    private readonly TunDevice _server;
    private readonly TunDevice _client;
    private readonly Random _random;
    private readonly SafeFileHandle _wake;
    private readonly PriorityQueue<Packet, (long Due, long Number)> _onTheWay = new();
    private readonly byte[] _buffer = new byte[LargestPacket];
    private readonly Task _running;

    private WireConditions _conditions = new();
    private WireTurn? _turn;
    private long _downUntil;
    private long _numbers;
    private long _carriedBytes;
    private long _carried;
    private long _lost;
    private long _overtaking;
    private long _tooLarge;
    private bool _stopping;

    public Wire(TunDevice server, TunDevice client, int seed)
    {
        _server = server;
        _client = client;
        _random = new Random(seed);
        _wake = new SafeFileHandle(LibC.Check(LibC.EventFd(0, LibC.EventFdCloseOnExec), "An eventfd cannot be made"), ownsHandle: true);
        _running = Task.Factory.StartNew(Run, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>For packets that come from now on; those on their way keep theirs.</summary>
    public WireConditions Conditions
    {
        get => Volatile.Read(ref _conditions);
        set => Volatile.Write(ref _conditions, value);
    }

    /// <summary>Packets that have arrived.</summary>
    public long Carried => Interlocked.Read(ref _carried);

    public long Lost => Interlocked.Read(ref _lost);

    /// <summary>Packets that others were on their way before, and that have overtaken those.</summary>
    public long Overtaking => Interlocked.Read(ref _overtaking);

    /// <summary>Packets that were sent back to be made smaller.</summary>
    public long TooLarge => Interlocked.Read(ref _tooLarge);

    private bool IsDown => Stopwatch.GetTimestamp() < Interlocked.Read(ref _downUntil);

    /// <summary>From now on nothing arrives, what is on its way included, and nobody is told.</summary>
    public void GoDown() => Interlocked.Exchange(ref _downUntil, long.MaxValue);

    /// <summary>The same for some time.</summary>
    public void GoDown(TimeSpan duration) =>
        Interlocked.Exchange(ref _downUntil, Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency));

    public void ComeUp() => Interlocked.Exchange(ref _downUntil, 0);

    /// <summary>
    /// Makes a change in the middle of a transfer: on the thread of the wire, when so many bytes more have been carried, headers and both
    /// directions counted, and before another packet is. One change at a time.
    /// </summary>
    public Task OnceCarried(long bytes, Action change)
    {
        var turn = new WireTurn(Interlocked.Read(ref _carriedBytes) + bytes, change);
        Assert.Null(Interlocked.CompareExchange(ref _turn, turn, null));
        return turn.Done.Task;
    }

    public async ValueTask DisposeAsync()
    {
        Volatile.Write(ref _stopping, true);
        Wake();
        await _running.InTimeAsync();
        _wake.Dispose();
    }

    private unsafe void Wake()
    {
        var one = 1UL;
        LibC.Check((int)LibC.Write(_wake, (byte*)&one, sizeof(ulong)), "The wire cannot be woken");
    }

    private void Run()
    {
        while (!Volatile.Read(ref _stopping))
        {
            WaitForPackets();
            TakeFrom(_client, _server);
            TakeFrom(_server, _client);
            Deliver();
        }
    }

    private unsafe void WaitForPackets()
    {
        var descriptors = stackalloc PollDescriptor[]
        {
            new() { FileDescriptor = _server.FileDescriptor, Events = LibC.PollIn },
            new() { FileDescriptor = _client.FileDescriptor, Events = LibC.PollIn },
            new() { FileDescriptor = (int)_wake.DangerousGetHandle(), Events = LibC.PollIn },
        };
        var milliseconds = _onTheWay.TryPeek(out _, out var next)
            ? (int)Math.Ceiling(Math.Max(Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), next.Due).TotalMilliseconds, 0))
            : Timeout.Infinite;
        if (LibC.Poll(descriptors, 3, milliseconds) < 0 && Marshal.GetLastPInvokeError() != LibC.Interrupted)
        {
            throw LibC.Failure("The wire cannot wait", Marshal.GetLastPInvokeError());
        }
    }

    private void TakeFrom(TunDevice from, TunDevice to)
    {
        for (var i = 0; i < Batch && from.Read(_buffer) is > 0 and var length; i++)
        {
            // Of IPv6 only the kernel speaks here, which looks for its neighbours.
            if (_buffer[0] >> 4 == 4)
            {
                Take(_buffer.AsSpan(0, length), from, to);
            }
        }
    }

    private void Take(ReadOnlySpan<byte> packet, TunDevice from, TunDevice to)
    {
        var conditions = Conditions;

        // Always both, so that the draws after these are the same whatever comes of them.
        var isLost = _random.Next(100) < conditions.LossPercent;
        var overtakes = _random.Next(100) < conditions.OvertakingPercent;
        if (isLost || IsDown)
        {
            Interlocked.Increment(ref _lost);
        }
        else if (to == _client && packet.Length > conditions.MtuToClient)
        {
            Interlocked.Increment(ref _tooLarge);
            Send(new Packet(FragmentationNeeded.To(packet, conditions.MtuToClient), from), conditions.Delay);
        }
        else if (overtakes && _onTheWay.Count > 0)
        {
            Interlocked.Increment(ref _overtaking);
            Send(new Packet(packet.ToArray(), to), TimeSpan.Zero);
        }
        else
        {
            Send(new Packet(packet.ToArray(), to), conditions.Delay);
        }
    }

    /// <summary>Numbered, so that those that are due at the same time arrive as they were sent.</summary>
    private void Send(Packet packet, TimeSpan delay)
    {
        var due = Stopwatch.GetTimestamp() + (long)(delay.TotalSeconds * Stopwatch.Frequency);
        _onTheWay.Enqueue(packet, (due, _numbers++));
    }

    private void Deliver()
    {
        var now = Stopwatch.GetTimestamp();
        while (_onTheWay.TryPeek(out var packet, out var next) && next.Due <= now)
        {
            _onTheWay.Dequeue();
            if (IsDown)
            {
                Interlocked.Increment(ref _lost);
                continue;
            }

            packet.To.Write(packet.Bytes);
            Interlocked.Increment(ref _carried);
            var carriedBytes = Interlocked.Add(ref _carriedBytes, packet.Bytes.Length);
            if (Volatile.Read(ref _turn) is { } turn && carriedBytes >= turn.At)
            {
                Volatile.Write(ref _turn, null);
                turn.Change();
                turn.Done.SetResult();
            }
        }
    }
}
