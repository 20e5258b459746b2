using System.Runtime.CompilerServices;
using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Polling;

namespace Kestrel.Transport.Rio.Tests.Transport.Schedules;

/// <summary>
/// Looks at what the transport shows nobody: whether a connection's end has come back from the thread pool into the
/// poller's mailbox. With that known, and no earlier pass, a schedule runs the same each time.
/// </summary>
internal static class Inside
{
    public static bool HasMailFromInbound(CompletionPoller poller, RioConnection connection)
    {
        var inbound = InboundOf(ChannelOf(connection));
        for (var item = Volatile.Read(ref NewestOf(MailboxOf(poller.Inbox))); item is not null; item = item.Next)
        {
            if (ReferenceEquals(item, inbound))
            {
                return true;
            }
        }

        return false;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_channel")]
    private static extern ref ConnectionChannel ChannelOf(RioConnection connection);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_inbound")]
    private static extern ref InboundFlow InboundOf(ConnectionChannel channel);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_mailbox")]
    private static extern ref Mailbox MailboxOf(Inbox inbox);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_newest")]
    private static extern ref MailboxItem? NewestOf(Mailbox mailbox);
}
