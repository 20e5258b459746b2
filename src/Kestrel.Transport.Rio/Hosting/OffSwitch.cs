namespace Kestrel.Transport.Rio.Hosting;

/// <summary>
/// How whoever runs a service switches registered I/O off without its code: <c>KESTREL_RIO=off</c> in the environment. It beats the
/// code, also one that would rather not start than go without.
/// </summary>
internal static class OffSwitch
{
    public const string Variable = "KESTREL_RIO";

    // Who reaches for it is in a hurry: whatever does not plainly mean "on" means "off".
    private static readonly string[] s_on = ["", "on", "1", "true", "yes"];

    /// <summary>True, with the value of the variable.</summary>
    public static bool IsOff(out string value) => IsOff(Environment.GetEnvironmentVariable(Variable), out value);

    /// <summary>The same of a variable that is not set (null), or set to this.</summary>
    public static bool IsOff(string? variable, out string value)
    {
        value = variable?.Trim() ?? "";
        return !s_on.Contains(value, StringComparer.OrdinalIgnoreCase);
    }
}
