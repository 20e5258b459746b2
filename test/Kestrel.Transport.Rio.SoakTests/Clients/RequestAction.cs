namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>
/// One thing that a client does on a connection of HTTP/1.1, on which there may have been others before. False when the connection is
/// of no more use.
/// </summary>
/// <param name="Name">For the tally.</param>
/// <param name="Weight">How often it is chosen, in relation to the others.</param>
/// <param name="Act">Does it, and throws when what comes back is wrong.</param>
internal sealed record RequestAction(string Name, int Weight, Func<RawClient, Random, Task<bool>> Act) : SoakAction(Name, Weight);
