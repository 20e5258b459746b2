using System.Net.Sockets;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Tests.Simulation;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>Bytes in both directions of one connection at the same time, in pieces that follow from a seed.</summary>
internal sealed class TrafficStream : IDisposable
{
    private const ulong ReceiveContext = ulong.MaxValue;
    private const int ReceiveSize = 2048;
    private const int MaxSends = 8;
    private readonly DeterministicRandom _random;
    private readonly Link _link;
    private readonly RegisteredMemory _outgoing;
    private readonly RegisteredMemory _incoming;
    private readonly byte[] _sentByPeer;
    private readonly List<byte> _received = [];
    private int _sent;
    private int _written;
    private ulong _posted;
    private ulong _completed;
    private bool _receiving;

    public TrafficStream(Bench bench, QueueDriver driver, ulong seed)
    {
        _random = new DeterministicRandom(seed);
        _link = driver.Connect(maxReceives: 1, maxSends: MaxSends);
        _outgoing = bench.Own(new RegisteredMemory(bench.Io, _random.Between(1, 300_000)));
        _incoming = bench.Own(new RegisteredMemory(bench.Io, ReceiveSize));
        Bench.Bytes(_outgoing.Span.Length, seed).CopyTo(_outgoing.Span);
        _sentByPeer = Bench.Bytes(_random.Between(1, 100_000), seed + 1);
    }

    public bool IsDone
        => _received.Count == _sentByPeer.Length
            && _link.Peer.Received == _outgoing.Span.Length
            && _completed == _posted
            && !_receiving;

    /// <summary>Takes in what completed, and starts a few more things.</summary>
    public void Step(IEnumerable<RioResult> completions)
    {
        foreach (var result in completions.Where(result => result.SocketContext == _link.SocketContext))
        {
            OnCompleted(result);
        }

        if (_random.Chance(0.2))
        {
            _link.Peer.StartReading();
        }

        WriteSome();
        SendSome();
        if (!_receiving && _received.Count < _sentByPeer.Length)
        {
            _receiving = true;
            var slice = _incoming.Slice(0, _random.Between(1, ReceiveSize));
            Assert.Equal(SocketError.Success, _link.Queue.Receive(slice, ReceiveContext));
        }
    }

    public void AssertWhole()
    {
        Assert.Equal(_sentByPeer, _received);
        Assert.Equal(_outgoing.Bytes, _link.Peer.ReceivedBytes());
    }

    public void Dispose()
    {
        _outgoing.Dispose();
        _incoming.Dispose();
    }

    private void OnCompleted(in RioResult result)
    {
        Assert.Equal(SocketError.Success, result.Status);
        if (result.RequestContext != ReceiveContext)
        {
            // One after the other, none twice and none left out.
            Assert.Equal(_completed++, result.RequestContext);
            return;
        }

        _receiving = false;
        Assert.NotEqual(0u, result.BytesTransferred);
        _received.AddRange(_incoming.Span[..(int)result.BytesTransferred]);
    }

    private void WriteSome()
    {
        var size = Math.Min(_sentByPeer.Length - _written, _random.Below(10_000));
        if (size > 0)
        {
            _link.Peer.Write(_sentByPeer[_written..(_written + size)]);
            _written += size;
        }
    }

    private void SendSome()
    {
        for (var i = _random.Below(MaxSends); i > 0 && _posted - _completed < MaxSends; i--)
        {
            var size = Math.Min(_outgoing.Span.Length - _sent, _random.Between(1, 20_000));
            if (size <= 0)
            {
                break;
            }

            Assert.Equal(SocketError.Success, _link.Queue.Send(_outgoing.Slice(_sent, size), _posted, RequestFlags.Defer));
            _sent += size;
            _posted++;
        }

        _link.Queue.Commit();
    }
}
