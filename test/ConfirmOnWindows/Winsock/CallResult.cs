namespace ConfirmOnWindows.Winsock;

/// <summary>What a function of Winsock answered, and the error behind a refusal.</summary>
internal readonly record struct CallResult(bool IsAccepted, int Error)
{
    public bool IsRefusedWith(int error) => !IsAccepted && Error == error;

    public override string ToString() => IsAccepted ? "accepted" : $"refused with {ErrorName.Of(Error)}";
}
