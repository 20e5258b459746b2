namespace LoadDriver.Measuring;

/// <summary>What others did on this machine, in processors: 0.05 is a twentieth of one.</summary>
/// <param name="Before">In the moment before the run, in which nobody should do anything.</param>
/// <param name="During">By programs that are neither load nor server, while it ran.</param>
/// <param name="Stolen">By the hypervisor for somebody else, while it ran.</param>
internal readonly record struct Noise(double Before, double During, double Stolen)
{
    // A short look counts few ticks of 10 ms, so one tick must not trip it.
    private const double MostBefore = 0.25;
    private const double MostDuring = 0.05;
    private const double MostStolen = 0.05;

    public bool IsDisturbing => Before > MostBefore || During > MostDuring || Stolen > MostStolen;
}
