using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Connections;

/// <summary>An accept queue that notes what is asked of it; what it completes, the test says.</summary>
internal sealed class RecordingAcceptQueue : AcceptQueue
{
    private bool _armed;

    public int Arms { get; private set; }

    public bool IsClosed { get; private set; }

    public override bool IsArmed => _armed;

    public override void Arm()
    {
        if (_armed || IsClosed)
        {
            throw new InvalidOperationException("Armed already, or closed.");
        }

        _armed = true;
        Arms++;
    }

    public void Disarm() => _armed = false;

    /// <summary>What taking the next accepted socket throws.</summary>
    public Exception? ThrowsNext { get; set; }

    public override AcceptedSocket TakeAccepted(in RioResult result)
    {
        if (ThrowsNext is { } exception)
        {
            ThrowsNext = null;
            throw exception;
        }

        return new AcceptedSocket((nint)result.RequestContext, Socket: null, RemoteEndPoint: null);
    }

    public override void Close() => IsClosed = true;
}
