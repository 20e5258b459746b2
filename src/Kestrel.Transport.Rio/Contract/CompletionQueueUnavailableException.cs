namespace Kestrel.Transport.Rio.Contract;

/// <summary>The machine gives no (further) completion queue.</summary>
/// <param name="reason">Why, and what the user can do about it.</param>
/// <param name="isShortOfMemory">It is for want of lockable memory, so that those there are can go on without it.</param>
internal sealed class CompletionQueueUnavailableException(string reason, bool isShortOfMemory)
    : PlatformNotSupportedException(reason)
{
    public bool IsShortOfMemory { get; } = isShortOfMemory;
}
