namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>A handler that changes the thread it runs on. The thread runs the handlers of other connections afterwards.</summary>
public abstract class ChangedThreads(Engine engine) : FunctionalTest(engine)
{
    private const string Left = "left by a handler";

    [Fact]
    public async Task Handlers_find_no_thread_as_another_left_it()
    {
        var host = await StartAsync(new HostSetup { App = HandleAsync });
        using var leaving = await host.ConnectAsync(Deadline);

        // As many as reach every poller.
        var others = await Task.WhenAll(Enumerable.Range(0, 2 * Environment.ProcessorCount).Select(_ => host.ConnectAsync(Deadline)));
        for (var i = 0; i < 3; i++)
        {
            await leaving.GetAsync("/leave");
            await leaving.ReadReplyAsync();
            foreach (var other in others)
            {
                await other.GetAsync("/see");
                Assert.Equal("unnamed, Normal, background", (await other.ReadReplyAsync()).Text);
            }
        }

        Array.ForEach(others, static other => other.Dispose());
    }

    private static Task HandleAsync(HttpContext context)
    {
        var thread = Thread.CurrentThread;
        var name = thread.Name == Left ? Left : "unnamed";
        var text = $"{name}, {thread.Priority}, {(thread.IsBackground ? "background" : "foreground")}";
        if (context.Request.Path == "/leave")
        {
            thread.Name = Left;
            thread.Priority = ThreadPriority.BelowNormal;
            thread.IsBackground = false;
        }

        context.Response.ContentLength = text.Length;
        return context.Response.WriteAsync(text);
    }

    public sealed class OnSockets() : ChangedThreads(Engine.Sockets);

    public sealed class OnRio() : ChangedThreads(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : ChangedThreads(Engine.RioInline);

    public sealed class OnRioAdaptive() : ChangedThreads(Engine.RioAdaptive);
}
