using System.Net;

namespace Kestrel.Transport.Rio.Tests.Simulation;

/// <summary>The remote end of a simulated connection, in the hands of a test. Any thread.</summary>
internal sealed class SimulatedPeer(SimulatedIo io, SimulatedConnection connection)
{
    public EndPoint LocalEndPoint => connection.PeerEndPoint;

    /// <summary>Bytes that arrived and were not read yet.</summary>
    public int Available => Locked(() => connection.ToPeer.Length);

    /// <summary>Bytes that this peer wrote and the server has not received yet.</summary>
    public int Unreceived => Locked(() => connection.Unreceived);

    /// <summary>The server ended its direction in an orderly way.</summary>
    public bool FinReceived => Locked(() => connection is { ServerFinished: true, ServerReset: false });

    public bool ResetReceived => Locked(() => connection.ServerReset);

    public bool ServerClosed => Locked(() => connection.ServerClosed);

    /// <summary>How many unread bytes stall the server's sends, while this peer does not read.</summary>
    public int Window
    {
        get => Locked(() => connection.Window);
        set => Change(() => connection.Window = value);
    }

    /// <returns>False when the connection no longer takes bytes.</returns>
    public bool Write(ReadOnlySpan<byte> bytes)
    {
        lock (io.Gate)
        {
            var written = connection.TryWriteAsPeer(bytes);
            io.Changed();
            return written;
        }
    }

    /// <summary>Takes what has arrived, at most the length of <paramref name="target"/>.</summary>
    public int Read(Span<byte> target)
    {
        lock (io.Gate)
        {
            var count = connection.ToPeer.Read(target);
            io.Changed();
            return count;
        }
    }

    public byte[] ReadAvailable()
    {
        lock (io.Gate)
        {
            var bytes = new byte[connection.ToPeer.Length];
            Read(bytes);
            return bytes;
        }
    }

    /// <summary>What has arrived and was not read, without reading it.</summary>
    public byte[] Peek() => Locked(() => connection.ToPeer.Peek());

    /// <summary>From now on the window fills until somebody calls <see cref="Read"/> or <see cref="StartReading"/>.</summary>
    public void StopReading() => Change(() => connection.PeerReads = false);

    public void StartReading() => Change(() => connection.PeerReads = true);

    /// <summary>FIN behind the last byte written.</summary>
    public void Finish() => Change(connection.FinishAsPeer);

    public void Reset() => Change(connection.ResetAsPeer);

    private T Locked<T>(Func<T> read)
    {
        lock (io.Gate)
        {
            return read();
        }
    }

    private void Change(Action change)
    {
        lock (io.Gate)
        {
            change();
            io.Changed();
        }
    }
}
