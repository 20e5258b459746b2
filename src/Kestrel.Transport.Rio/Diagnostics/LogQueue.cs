using Kestrel.Transport.Rio.Platform;
using Microsoft.Extensions.Logging;

namespace Kestrel.Transport.Rio.Diagnostics;

/// <summary>
/// Writes lines in their order on a thread of its own. A log sink may throw, and it may block for as long as nobody reads its pipe;
/// a poller has to go on meanwhile.
/// </summary>
/// <param name="logger">Where the number of dropped lines is written to.</param>
/// <param name="capacity">How many lines may wait. What comes then is dropped until all of them are written.</param>
internal sealed class LogQueue(ILogger logger, int capacity)
{
    // Not a Lock: the thread waits on it.
    private readonly object _gate = new();
    private readonly Queue<LogLine> _waiting = new();
    private int _users;
    private int _dropped;
    private bool _hasThread;
    private bool _isWriting;

    /// <summary>
    /// From here on lines are written by the thread, until each user has closed the queue. The thread is started here and not with a
    /// line: without a free descriptor the runtime ends the process that starts a thread.
    /// </summary>
    /// <exception cref="OutOfMemoryException">The machine gives no thread.</exception>
    public void Open()
    {
        lock (_gate)
        {
            if (!_hasThread)
            {
                // Waits for the lock first. A closed queue may have its thread still, which then goes on.
                new Thread(Run) { Name = "Rio log", IsBackground = true }.UnsafeStart();
                _hasThread = true;
            }

            _users++;
        }
    }

    /// <summary>Any thread. Without a user the line is written here.</summary>
    public void Add(LogLine line)
    {
        lock (_gate)
        {
            if (_hasThread)
            {
                if (_dropped > 0 || _waiting.Count >= capacity)
                {
                    _dropped++;
                }
                else
                {
                    Enqueue(line);
                }

                return;
            }
        }

        Write(line);
    }

    /// <summary>Waits until all lines are written that were added before. False when they are not in time.</summary>
    public async Task<bool> FlushAsync(TimeSpan timeout)
    {
        var mark = new FlushMark();
        lock (_gate)
        {
            if (_waiting.Count == 0 && !_isWriting && _dropped == 0)
            {
                return true;
            }

            NoteDropped();
            Enqueue(mark);
        }

        return await mark.Reached.CompletesWithinAsync(timeout);
    }

    /// <summary>A user needs the queue no longer. With the last one the thread ends, when all lines are written.</summary>
    public void Close()
    {
        lock (_gate)
        {
            if (--_users == 0)
            {
                Monitor.Pulse(_gate);
            }
        }
    }

    private static void Write(LogLine line)
    {
        try
        {
            line.Write();
        }
        catch (Exception)
        {
            // A sink that fails costs its line.
        }
    }

    private void Run()
    {
        while (TryTake() is { } line)
        {
            Write(line);
        }
    }

    private LogLine? TryTake()
    {
        lock (_gate)
        {
            _isWriting = false;
            while (_waiting.Count == 0)
            {
                if (_dropped > 0)
                {
                    NoteDropped();
                }
                else if (_users == 0)
                {
                    _hasThread = false;
                    return null;
                }
                else
                {
                    Monitor.Wait(_gate);
                }
            }

            _isWriting = true;
            return _waiting.Dequeue();
        }
    }

    private void NoteDropped()
    {
        if (_dropped > 0)
        {
            _waiting.Enqueue(new DroppedLines(logger, _dropped));
            _dropped = 0;
        }
    }

    private void Enqueue(LogLine line)
    {
        _waiting.Enqueue(line);
        Monitor.Pulse(_gate);
    }
}
