namespace Kestrel.Transport.Rio.Tests.Simulation;

internal readonly record struct Registration(nint Address, int Length);
