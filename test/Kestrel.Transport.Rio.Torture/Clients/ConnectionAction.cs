using Kestrel.Transport.Rio.Torture.Server;

namespace Kestrel.Transport.Rio.Torture.Clients;

/// <summary>One thing that a client does with connections of its own, from opening them to their end.</summary>
/// <param name="Name">For the tally.</param>
/// <param name="Weight">How often it is chosen, in relation to the others.</param>
/// <param name="Act">Does it, and throws when what comes back is wrong.</param>
internal sealed record ConnectionAction(string Name, int Weight, Func<TortureEndPoints, Random, CancellationToken, Task> Act)
    : TortureAction(Name, Weight);
