using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Kestrel.Transport.Rio.FunctionalTests.Support;

/// <summary>
/// Sends back what comes, and counts what its thread allocates meanwhile. Without async methods: those make an object for each wait as long as
/// their code has not been optimized, which takes its time, and under Wine for ever.
/// </summary>
#pragma warning disable CA2012, VSTHRD002 // Each is looked at before it is taken, once; that is what async methods do.
public sealed class EchoLoop
{
    private readonly IDuplexPipe _transport;
    private readonly int _warmUp;
    private readonly int _measured;
    private readonly Action _goOn;
    private readonly TaskCompletionSource<long> _allocated = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ConfiguredValueTaskAwaitable<ReadResult>.ConfiguredValueTaskAwaiter _read;
    private int _echoes;
    private int _thread;
    private long _before;

    public EchoLoop(IDuplexPipe transport, int warmUp, int measured)
    {
        _transport = transport;
        _warmUp = warmUp;
        _measured = measured;
        _goOn = GoOn;
    }

    /// <summary>What was allocated between the last echo of the warm-up and the last that is measured, on the thread of both.</summary>
    public Task<long> Allocated => _allocated.Task;

    /// <summary>Ends with the input.</summary>
    public Task RunAsync()
    {
        Read();
        return _ended.Task;
    }

    private void GoOn()
    {
        try
        {
            if (TryEcho(_read.GetResult()))
            {
                Read();
            }
        }
        catch (Exception e)
        {
            _allocated.TrySetException(e);
            _ended.TrySetException(e);
        }
    }

    private void Read()
    {
        _read = _transport.Input.ReadAsync().ConfigureAwait(false).GetAwaiter();
        while (_read.IsCompleted)
        {
            if (!TryEcho(_read.GetResult()))
            {
                return;
            }

            _read = _transport.Input.ReadAsync().ConfigureAwait(false).GetAwaiter();
        }

        _read.UnsafeOnCompleted(_goOn);
    }

    private bool TryEcho(ReadResult read)
    {
        if (read.IsCompleted)
        {
            _ended.SetResult();
            return false;
        }

        Assert.True(_transport.Output.WriteAsync(read.Buffer.First).IsCompletedSuccessfully, "A few bytes are taken at once.");
        _transport.Input.AdvanceTo(read.Buffer.End);
        _echoes++;
        if (_echoes == _warmUp)
        {
            (_thread, _before) = (Environment.CurrentManagedThreadId, GC.GetAllocatedBytesForCurrentThread());
        }
        else if (_echoes == _warmUp + _measured)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread() - _before;
            Assert.Equal(_thread, Environment.CurrentManagedThreadId);
            _allocated.SetResult(allocated);
        }

        return true;
    }
}
