using System.IO.Pipelines;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Connections;

/// <summary>
/// The cancellation of a read, put off until the bytes that the peer had sent before it are read. With it Kestrel ends connections
/// that have no request under way; and where the poller has not come to a request yet, that is not so.
/// </summary>
internal sealed class LateCancel(PipeReader reader, CompletionPoller poller) : MailboxItem
{
    private bool _isPutOff;

    public override void Execute()
    {
        if (!_isPutOff)
        {
            _isPutOff = true;
            poller.RunAfterArrivals(Cancel);
        }
    }

    private void Cancel()
    {
        _isPutOff = false;
        reader.CancelPendingRead();
    }
}
