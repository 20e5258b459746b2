using Kestrel.Transport.Rio.SoakTests.Server;

namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>One thing that a client does with connections of its own, from opening them to their end.</summary>
/// <param name="Name">For the tally.</param>
/// <param name="Weight">How often it is chosen, in relation to the others.</param>
/// <param name="Act">Does it, and throws when what comes back is wrong.</param>
internal sealed record ConnectionAction(string Name, int Weight, Func<SoakEndPoints, Random, CancellationToken, Task> Act)
    : SoakAction(Name, Weight);
