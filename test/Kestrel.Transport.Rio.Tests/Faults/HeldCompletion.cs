using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>A completion that is not given before its time (<see cref="System.Diagnostics.Stopwatch"/>).</summary>
internal readonly record struct HeldCompletion(RioResult Result, long Due);
