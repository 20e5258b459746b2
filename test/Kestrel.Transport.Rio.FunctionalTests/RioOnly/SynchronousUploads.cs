using Microsoft.AspNetCore.Http.Features;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Handlers that read their bodies with synchronous calls: on Sockets they wait for threads of the pool.</summary>
public sealed class SynchronousUploads() : FunctionalTest(Engine.RioAdaptive)
{
    private const int Uploads = 100;
    private const int Pieces = 4;

    [Fact]
    public async Task Handlers_that_read_slow_uploads_synchronously_all_begin()
    {
        var begun = 0;
        var host = await StartAsync(new HostSetup
        {
            App = context =>
            {
                if (context.Request.Method != HttpMethods.Post)
                {
                    return TestApp.HandleAsync(context);
                }

                Interlocked.Increment(ref begun);
                context.Features.Get<IHttpBodyControlFeature>()!.AllowSynchronousIO = true;
                var length = 0;
                var buffer = new byte[16];
#pragma warning disable CA1849, VSTHRD103, MA0042 // The synchronous read is the test.
                while (context.Request.Body.Read(buffer) is > 0 and var count)
#pragma warning restore CA1849, VSTHRD103, MA0042
                {
                    length += count;
                }

                return context.Response.WriteAsync($"{length}", Deadline);
            },
        });
        host.Logs.Expect(static entry => entry.Event.Name == "FellBackToPool");
        var clients = new List<RawClient>();
        for (var i = 0; i < Uploads; i++)
        {
            clients.Add(await host.ConnectAsync(Deadline));
            await clients[i].SendAsync($"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {Pieces}\r\n\r\n");
        }

        await Wait.UntilAsync(() => Volatile.Read(ref begun) == Uploads, Deadline);
        await host.AssertServesAsync(Deadline);
        for (var piece = 0; piece < Pieces; piece++)
        {
            foreach (var client in clients)
            {
                await client.SendAsync("x");
            }
        }

        foreach (var client in clients)
        {
            Assert.Equal($"{Pieces}", (await client.ReadReplyAsync()).Text);
            client.Dispose();
        }
    }
}
