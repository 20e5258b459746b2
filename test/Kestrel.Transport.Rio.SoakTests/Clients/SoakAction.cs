namespace Kestrel.Transport.Rio.SoakTests.Clients;

/// <summary>Something that clients do.</summary>
/// <param name="Name">For the tally.</param>
/// <param name="Weight">How often it is chosen, in relation to the others.</param>
internal abstract record SoakAction(string Name, int Weight)
{
    /// <summary>Of all that clients do.</summary>
    public static IReadOnlyList<string> Names =>
        [.. RequestActions.All.Concat<SoakAction>(ConnectionActions.All).Select(static action => action.Name)];

    public static T Choose<T>(IReadOnlyList<T> actions, Random random)
        where T : SoakAction
    {
        var at = random.Next(actions.Sum(static action => action.Weight));
        foreach (var action in actions)
        {
            at -= action.Weight;
            if (at < 0)
            {
                return action;
            }
        }

        throw new InvalidOperationException("The weights have another sum.");
    }
}
