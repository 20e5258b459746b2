namespace Kestrel.Transport.Rio.Contract;

/// <summary>The machine provides no (further) completion queue.</summary>
/// <param name="reason">Why, and what the user can do about it.</param>
/// <param name="isShortOfMemory">The machine lacks lockable memory. Existing completion queues work on.</param>
internal sealed class CompletionQueueUnavailableException(string reason, bool isShortOfMemory)
    : PlatformNotSupportedException(reason)
{
    public bool IsShortOfMemory { get; } = isShortOfMemory;
}
