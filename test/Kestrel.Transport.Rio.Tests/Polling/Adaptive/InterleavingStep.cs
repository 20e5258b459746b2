namespace Kestrel.Transport.Rio.Tests.Polling.Adaptive;

internal readonly record struct InterleavingStep(InterleavingStepKind Kind, int Connection);
