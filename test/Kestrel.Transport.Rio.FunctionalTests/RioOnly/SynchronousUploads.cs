using System.Globalization;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>
/// Rio only: Sockets takes as long as the thread pool takes to make as many threads. With Inline, a handler that waits for its
/// own poller waits for ever, which the option's documentation says.
/// </summary>
public abstract class SynchronousUploads(Engine engine) : FunctionalTest(engine)
{
    // The thread pool makes a thread about every 250 ms at worst.
    protected override TimeSpan TimeLimit => 8 * Wait.Patience;

    [Fact]
    public async Task Hundred_handlers_that_read_slow_uploads_synchronously_complete()
    {
        const int Uploads = 100;
        const int Length = 6;
        var entered = 0;
        var allAreIn = new Signal();
        var host = await StartAsync(new HostSetup
        {
            Kestrel = static options =>
            {
                options.AllowSynchronousIO = true;
                options.Limits.MinRequestBodyDataRate = null;
            },
            App = context =>
            {
                if (Interlocked.Increment(ref entered) == Uploads)
                {
                    allAreIn.Set();
                }

                var read = 0;
                while (context.Request.Body.ReadByte() >= 0)
                {
                    read++;
                }

                return context.Response.WriteAsync(read.ToString(CultureInfo.InvariantCulture));
            },
        });

        // So many blocked handlers are what it advises against, and serves.
        host.Logs.Expect(static entry => entry.Event.Name is "FellBackToPool");
        var clients = new List<RawClient>();
        try
        {
            for (var i = 0; i < Uploads; i++)
            {
                var client = await host.ConnectAsync(Deadline);
                clients.Add(client);
                await client.SendAsync($"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {Length}\r\n\r\n");
            }

            // All of them wait at the same time, and then byte by byte in turn.
            await allAreIn.WaitAsync(Deadline);
            for (var sent = 0; sent < Length; sent++)
            {
                foreach (var client in clients)
                {
                    await client.SendAsync("u");
                }
            }

            foreach (var client in clients)
            {
                var reply = await client.ReadReplyAsync();
                Assert.Equal((200, $"{Length}"), (reply.Status, reply.Text));
            }
        }
        finally
        {
            clients.ForEach(static client => client.Dispose());
        }
    }

    public sealed class OnRio() : SynchronousUploads(Engine.RioOnThreadPool);

    public sealed class OnRioAdaptive() : SynchronousUploads(Engine.RioAdaptive);
}
