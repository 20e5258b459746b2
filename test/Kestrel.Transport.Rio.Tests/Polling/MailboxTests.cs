using Kestrel.Transport.Rio.Polling;
using Kestrel.Transport.Rio.Tests.Conformance;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Polling;

public sealed class MailboxTests
{
    [Fact]
    public void Items_come_out_oldest_first()
    {
        var mailbox = new Mailbox();
        Assert.True(mailbox.IsEmpty);
        Assert.Null(mailbox.TakeAll());
        for (var i = 0; i < 10; i++)
        {
            mailbox.Add(new CountingItem(i));
        }

        Assert.False(mailbox.IsEmpty);
        Assert.Equal(Enumerable.Range(0, 10), Numbers(mailbox.TakeAll()));
        Assert.True(mailbox.IsEmpty);
        mailbox.Add(new CountingItem(11));
        Assert.Equal([11], Numbers(mailbox.TakeAll()));
    }

    [Fact]
    public async Task Of_many_producers_no_item_is_lost_and_each_ones_stay_in_order()
    {
        const int Producers = 4;
        const int Items = 20_000;
        var mailbox = new Mailbox();
        var producing = Enumerable.Range(0, Producers).Select(producer => Task.Run(() =>
        {
            for (var i = 0; i < Items; i++)
            {
                mailbox.Add(new CountingItem((producer * Items) + i));
            }
        }, TestContext.Current.CancellationToken)).ToArray();

        var taken = new List<int>();
        var consuming = Task.Run(() =>
        {
            while (taken.Count < Producers * Items)
            {
                taken.AddRange(Numbers(mailbox.TakeAll()));
            }
        }, TestContext.Current.CancellationToken);

        await Task.WhenAll([consuming, .. producing]).WaitAsync(Deadline.Length, TestContext.Current.CancellationToken);
        Assert.Equal(Producers * Items, taken.Distinct().Count());
        Assert.All(taken.GroupBy(number => number / Items), one => Assert.Equal(one.Order(), one));
    }

    private static List<int> Numbers(MailboxItem? item)
    {
        var numbers = new List<int>();
        for (; item is not null; item = item.Next)
        {
            numbers.Add(((CountingItem)item).Number);
        }

        return numbers;
    }
}
