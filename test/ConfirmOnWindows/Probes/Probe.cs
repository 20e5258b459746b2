using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

/// <summary>One open question to Winsock.</summary>
internal abstract class Probe
{
    /// <summary>Long enough for whatever is to come over the loopback.</summary>
    protected static readonly TimeSpan Soon = TimeSpan.FromSeconds(3);

    /// <summary>Long enough to believe that nothing comes.</summary>
    protected static readonly TimeSpan AMoment = TimeSpan.FromMilliseconds(300);

    public abstract string Name { get; }

    public abstract string Question { get; }

    /// <summary>What the documentation says or the product rests on.</summary>
    public abstract string Expected { get; }

    public abstract Answer Ask(ProbeScene scene);
}
