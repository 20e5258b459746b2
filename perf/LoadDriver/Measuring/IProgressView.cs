namespace LoadDriver.Measuring;

/// <summary>Where a session tells how far it is.</summary>
internal interface IProgressView
{
    /// <summary>What happens now.</summary>
    void Now(string what);

    /// <summary>Something that stays to be read.</summary>
    void Note(string sentence);
}
