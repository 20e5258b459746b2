using FsCheck;
using FsCheck.Fluent;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.Contract.Support;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Contract;

public sealed class RequestFifoTests
{
    // More than two growths.
    private const int MostItems = 21;

    private enum Call
    {
        Add,
        Commit,
        Remove,
    }

    [Fact]
    public void RequestFifo_agrees_with_a_queue_and_a_count()
        => Prop.ForAll(Gen.Elements(Enum.GetValues<Call>()).ListOf().ToArbitrary(), Run)
            .Check(Config.QuickThrowOnFailure.WithQuietOnSuccess(true).WithMaxTest(300).WithEndSize(300));

    private static void Run(IList<Call> calls)
    {
        var fifo = new RequestFifo<int>();
        var model = new Queue<int>();
        var committed = 0;
        var last = 0;
        foreach (var call in calls)
        {
            if (call == Call.Add && model.Count < MostItems)
            {
                fifo.Add(++last);
                model.Enqueue(last);
            }
            else if (call == Call.Commit)
            {
                fifo.Commit();
                committed = model.Count;
            }
            else if (call == Call.Remove && model.Count > 0)
            {
                Assert.Equal(model.Dequeue(), fifo.Remove());
                committed = Math.Max(0, committed - 1);
            }

            Assert.Equal(model.Count, fifo.Count);
            Assert.Equal(committed, fifo.Committed);
            Assert.Equal(model, Enumerable.Range(0, fifo.Count).Select(i => fifo[i]));
        }
    }
}
