using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using Kestrel.Transport.Rio.Connections;
using Microsoft.AspNetCore.Connections;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>The application's end of a connection. It does what the pipes allow and checks what comes out of them.</summary>
internal sealed class ScheduledApplication(TransportWorld world, RioConnection connection, ScheduledPeer peer)
{
    private readonly List<IMemoryOwner<byte>> _held = [];
    private PendingResult<ReadResult> _read;
    private PendingResult<FlushResult> _flush;
    private int _advance;
    private bool _reading;
    private bool _flushing;
    private bool _disposeWanted;

    public long Consumed { get; private set; }

    public long Written { get; private set; }

    public bool InputEnded { get; private set; }

    /// <summary>The input ended while the output was open. An output that is completed closes the socket, and so the input.</summary>
    public bool InputEndedFirst { get; private set; }

    public Exception? InputError { get; private set; }

    public bool InputCompleted { get; private set; }

    public bool OutputCompleted { get; private set; }

    /// <summary>The transport takes no more output.</summary>
    public bool OutputRefused { get; private set; }

    public ConnectionAbortedException? FirstAbort { get; private set; }

    public Task? Disposal { get; private set; }

    public void Read(int advance)
    {
        if (_reading || InputEnded || InputCompleted)
        {
            return;
        }

        _advance = advance;
        TakeInput(() =>
        {
            _reading = !_read.TryGet(connection.Transport.Input.ReadAsync(), () => world.Guard(OnReadable), out var result);
            return _reading ? null : result;
        });
    }

    public void Write(int count, bool foreign)
    {
        if (_flushing || OutputCompleted || OutputRefused)
        {
            return;
        }

        var output = connection.Transport.Output;
        var end = Written + count;
        while (Written < end)
        {
            // More than a block: such memory the pipe takes from elsewhere.
            var memory = foreign ? output.GetMemory(Math.Max(count, 4097)) : output.GetMemory();
            var length = (int)Math.Min(memory.Length, end - Written);
            peer.Incoming.Fill(memory.Span[..length], Written);
            output.Advance(length);
            Written += length;
        }

        TakeFlush(() =>
        {
            _flushing = !_flush.TryGet(output.FlushAsync(), () => world.Guard(OnFlushed), out var result);
            return _flushing ? null : result;
        });
    }

    public void CompleteOutput()
    {
        if (_flushing)
        {
            connection.Transport.Output.CancelPendingFlush();
        }
        else if (!OutputCompleted)
        {
            OutputCompleted = true;
            connection.Transport.Output.Complete();
        }
    }

    public void CompleteInput()
    {
        if (_reading)
        {
            connection.Transport.Input.CancelPendingRead();
        }
        else if (!InputCompleted)
        {
            InputCompleted = true;
            connection.Transport.Input.Complete();
        }
    }

    public void Abort(string reason)
    {
        var before = connection.AbortReason;
        var abort = new ConnectionAbortedException(reason);
        connection.Abort(abort);
        FirstAbort ??= before is null ? abort : before;
        Assert.Same(before ?? abort, connection.AbortReason);
    }

    /// <summary>As Kestrel does: nobody reads or writes any more when a connection is disposed.</summary>
    public void Dispose()
    {
        if (Disposal is not null)
        {
            return;
        }

        _disposeWanted = true;
        if (_reading)
        {
            connection.Transport.Input.CancelPendingRead();
        }

        if (_flushing)
        {
            connection.Transport.Output.CancelPendingFlush();
        }

        if (!_reading && !_flushing && Disposal is null)
        {
            InputCompleted = true;
            OutputCompleted = true;
            Disposal = connection.DisposeAsync().AsTask();
        }
    }

    public void Hold(int count)
    {
        for (; count > 0; count--)
        {
            _held.Add(connection.MemoryPool.Rent());
        }
    }

    public void ReturnHeld(int atMost)
    {
        foreach (var block in _held.Take(atMost))
        {
            block.Dispose();
        }

        _held.RemoveRange(0, Math.Min(atMost, _held.Count));
    }

    /// <summary>Goes on towards an end without haste: reads all there is, and then has nothing more to say.</summary>
    public void Conclude()
    {
        if (_reading && Consumed < peer.Written && world.Settings.IsWinsock)
        {
            // It may hold on to bytes and wait for more of them, for which at the pool's limit there is no memory; and what is
            // beyond the limit is of no use to this provider.
            _advance = int.MaxValue;
            connection.Transport.Input.CancelPendingRead();
        }

        Read(int.MaxValue);
        if (InputEnded || InputCompleted)
        {
            Dispose();
        }
    }

    private static bool IsOfTheTransport(Exception e) => e is ConnectionAbortedException or ConnectionResetException or SocketException;

    private void OnReadable()
    {
        _reading = false;
        TakeInput(() => _read.Take());
        if (_disposeWanted)
        {
            Dispose();
        }
    }

    private void TakeInput(Func<ReadResult?> read)
    {
        try
        {
            if (read() is { } result)
            {
                Consume(result);
            }
        }
        catch (Exception e) when (IsOfTheTransport(e))
        {
            InputEnded = true;
            InputError = e;
        }

        InputEndedFirst |= InputEnded && !OutputCompleted;
    }

    private void Consume(in ReadResult result)
    {
        var buffer = result.Buffer;
        peer.Outgoing.AssertIs(buffer, Consumed, "what the application received");
        Assert.True(Consumed + buffer.Length <= peer.Written, "The application received more than the peer has written.");
        var count = Math.Min(_advance, buffer.Length);
        Consumed += count;
        InputEnded = result.IsCompleted && count == buffer.Length;

        // Either says that it has seen all and wants more, or that it will look at the rest again.
        var position = buffer.GetPosition(count);
        connection.Transport.Input.AdvanceTo(position, _advance % 2 == 0 ? position : buffer.End);
    }

    private void OnFlushed()
    {
        _flushing = false;
        TakeFlush(() => _flush.Take());
        if (_disposeWanted)
        {
            Dispose();
        }
    }

    private void TakeFlush(Func<FlushResult?> flush)
    {
        try
        {
            OutputRefused |= flush() is { IsCompleted: true };
        }
        catch (Exception e) when (IsOfTheTransport(e))
        {
            OutputRefused = true;
        }
    }
}
