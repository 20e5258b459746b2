namespace ConfirmOnWindows.Winsock;

/// <summary>A completion, in the order in which it was dequeued.</summary>
internal readonly record struct Arrival(ulong Request, int Status, uint Bytes)
{
    /// <summary>Requests from here up are sends, those below are receives.</summary>
    public const ulong FirstSend = 1000;

    public bool IsSend => Request >= FirstSend;

    public bool IsSuccess => Status == 0;

    public override string ToString()
        => $"{(IsSend ? "send" : "receive")} {(IsSuccess ? $"of {Bytes} bytes" : ErrorName.Of(Status))}";
}
