using System.Net;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>
/// The peer of a connection. Nothing here waits: a test drives its completion queue until the peer shows what it hopes for.
/// It does not read before the test asks for it.
/// </summary>
internal abstract class RemoteEnd : IDisposable
{
    public abstract EndPoint? LocalEndPoint { get; }

    /// <summary>How many bytes have been read.</summary>
    public abstract int Received { get; }

    /// <summary>The connection ended in an orderly way, behind everything that was received. Seen only while reading.</summary>
    public abstract bool FinReceived { get; }

    /// <summary>Seen only while reading.</summary>
    public abstract bool ResetReceived { get; }

    public bool EndReceived => FinReceived || ResetReceived;

    /// <summary>Sends all of it; the part that does not fit into the socket goes in the background.</summary>
    public abstract void Write(byte[] bytes);

    public abstract void StartReading();

    /// <summary>Everything that was read so far.</summary>
    public abstract byte[] ReceivedBytes();

    /// <summary>FIN behind everything that was written.</summary>
    public abstract void Finish();

    public abstract void Reset();

    public abstract void Dispose();
}
