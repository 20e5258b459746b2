namespace Kestrel.Transport.Rio.Connections;

/// <summary>Makes ids in the form that Kestrel's users know from their logs: 13 digits to the base of 32.</summary>
internal static class ConnectionIds
{
    private const int Length = 13;
    private const int BitsPerDigit = 5;
    private const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUV";

    // Started from the clock, so that ids of one run are not met again in the next.
    private static long s_last = DateTime.UtcNow.Ticks;

    public static string Next() => string.Create(Length, Interlocked.Increment(ref s_last), static (digits, id) =>
    {
        for (var i = Length - 1; i >= 0; i--)
        {
            digits[i] = Digits[(int)(id & (Digits.Length - 1))];
            id >>= BitsPerDigit;
        }
    });
}
