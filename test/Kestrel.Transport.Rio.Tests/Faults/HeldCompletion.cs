using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>A completion that came at one time and is not given before another (<see cref="System.Diagnostics.Stopwatch"/>).</summary>
internal readonly record struct HeldCompletion(RioResult Result, bool IsMade, long Came, long Due);
