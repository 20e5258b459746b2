using System.IO.Pipelines;

namespace Kestrel.Transport.Rio.Polling;

/// <summary>Schedules the application code of one connection, or of all connections of a poller.</summary>
internal abstract class ApplicationScheduler : PipeScheduler
{
    /// <summary>The input of the connection is about to be completed, on the thread pool. Any thread.</summary>
    public virtual void OnInputEnding()
    {
    }
}
