namespace HelloRio.Figures;

/// <summary>One instrument's value: a running sum of what it reports, or what it answered when it was last asked.</summary>
internal sealed class Figure(string name, bool isObservable)
{
    private long _value;

    public string Name { get; } = name;

    public long Value => Interlocked.Read(ref _value);

    public void Add(long measurement) => Interlocked.Add(ref _value, measurement);

    public void ForgetLastAnswer()
    {
        if (isObservable)
        {
            Interlocked.Exchange(ref _value, 0);
        }
    }
}
