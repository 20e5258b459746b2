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

    public override AcceptedSocket TakeAccepted(in RioResult result) => new((nint)result.RequestContext, Socket: null, RemoteEndPoint: null);

    public override void Close() => IsClosed = true;
}
