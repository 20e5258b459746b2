using Kestrel.Transport.Rio.Diagnostics;

namespace Kestrel.Transport.Rio.Tests.Diagnostics;

/// <summary>A line that is written the way a test says.</summary>
internal sealed class ScriptedLine(Action write) : LogLine
{
    public override void Write() => write();
}
