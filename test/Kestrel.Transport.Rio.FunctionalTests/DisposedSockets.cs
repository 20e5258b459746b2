using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>An application that disposes the socket of a connection ends the connection, and touches nothing else of the process.</summary>
public abstract class DisposedSockets(Engine engine) : FunctionalTest(engine)
{
    /// <summary>Sockets has a receive under way, and .NET disposes a socket of which that is so with a RST.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Disposing_the_socket_resets_the_connection(bool lingers)
    {
        var connected = new Signal();
        var watch = new ConnectionWatch();
        var seen = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await StartAsync(new HostSetup { Watch = watch }.Raw(async connection =>
        {
            await connection.Transport.Output.WriteAsync("hello"u8.ToArray(), Deadline);
            await connected.WaitAsync(Deadline);
            var socket = SocketOf(connection);
            if (lingers)
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }

            socket.Dispose();
            seen.SetResult(await ReadToErrorAsync(connection));
        }));
        using var client = await host.ConnectAsync(Deadline);
        Assert.Equal("hello"u8.ToArray(), await client.ReadExactlyAsync("hello".Length));

        connected.Set();

        var end = await client.ReadToEndAsync();
        Assert.Empty(end.Bytes);
        Assert.True(end.WasReset);
        var error = await seen.Task.WaitAsync(Deadline);
        Assert.NotNull(error);
        Assert.True(Engine == Engine.Sockets || error is ConnectionAbortedException, $"{error}");
        var connection = await watch.NextAsync(Deadline);
        await connection.Closed.InTimeAsync();
        await connection.Finished.WaitAsync(Deadline);
        Assert.Equal(1, connection.ClosedCount);
        await host.StopAsync(Deadline).InTimeAsync();
    }

    [Fact]
    public async Task Socket_that_is_disposed_leaves_other_descriptors_alone()
    {
        const int Files = 50;
        var folder = Directory.CreateTempSubdirectory("rio-").FullName;
        var written = new Signal();
        var host = await StartRawAsync(async connection =>
        {
            // Not at once: a RST can overtake the client's own connect, which then fails.
            var asked = await connection.Transport.Input.ReadAtLeastAsync(1, Deadline);
            connection.Transport.Input.AdvanceTo(asked.Buffer.End);
            SocketOf(connection).Dispose();

            // One of them is given the number that has just become free.
            var files = Enumerable.Range(0, Files).Select(i => File.Create(Path.Combine(folder, $"{i}"))).ToList();
            await connection.Transport.Output.WriteAsync("not for files"u8.ToArray());
            await ReadToErrorAsync(connection);
            await connection.Transport.Output.WriteAsync("nor this"u8.ToArray());
            await connection.Transport.Output.CompleteAsync();
            await connection.DisposeAsync();
            files.ForEach(file =>
            {
                file.Write("still open"u8);
                file.Dispose();
            });
            written.Set();
        });

        using var client = await host.ConnectAsync(Deadline);
        await client.SendAsync("x");
        await client.ReadToEndAsync();

        await written.WaitAsync(Deadline);
        Assert.All(Directory.EnumerateFiles(folder), file => Assert.Equal("still open", File.ReadAllText(file)));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Disposing_the_socket_again_or_after_the_end_is_harmless()
    {
        var ended = new Signal();
        var host = await StartRawAsync(async connection =>
        {
            var socket = SocketOf(connection);
            await ReadToErrorAsync(connection);
            await connection.Transport.Output.CompleteAsync();
            await connection.Transport.Input.CompleteAsync();
            await connection.DisposeAsync();
            socket.Dispose();
            socket.Dispose();
            ended.Set();
        });
        using var client = await host.ConnectAsync(Deadline);
        using var other = await host.ConnectAsync(Deadline);

        client.Finish();

        Assert.False((await client.ReadToEndAsync()).WasReset);
        await ended.WaitAsync(Deadline);
        other.Finish();
        Assert.False((await other.ReadToEndAsync()).WasReset);
    }

    [Fact]
    public async Task Disposing_the_socket_while_output_waits_does_not_hold_the_end_up()
    {
        var watch = new ConnectionWatch();
        var flushes = 0L;
        var setup = new HostSetup { Watch = watch }.Raw(async connection =>
        {
            while (!(await connection.Transport.Output.WriteAsync(new byte[16 * 1024], Deadline)).IsCompleted)
            {
                Interlocked.Increment(ref flushes);
            }
        });
        setup.Transport.KernelBufferSize = 16 * 1024;
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline, static socket => socket.ReceiveBufferSize = 16 * 1024);
        var connection = await watch.NextAsync(Deadline);
        await Wait.UntilStillAsync(() => Interlocked.Read(ref flushes), Deadline);

        SocketOf(connection.Context).Dispose();

        await connection.Finished.WaitAsync(Deadline);
        await connection.Closed.InTimeAsync();
        Assert.Equal(1, connection.ClosedCount);
        await client.ReadToEndAsync();
    }

    private static Socket SocketOf(ConnectionContext connection) => connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;

    /// <summary>The error that the input ends with; null for an orderly end.</summary>
    private async Task<Exception?> ReadToErrorAsync(ConnectionContext connection)
    {
        return await Record.ExceptionAsync(async () =>
        {
            while (true)
            {
                var result = await connection.Transport.Input.ReadAsync(Deadline);
                connection.Transport.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        });
    }

    public sealed class OnSockets() : DisposedSockets(Engine.Sockets);

    public sealed class OnRio() : DisposedSockets(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : DisposedSockets(Engine.RioInline);

    public sealed class OnRioAdaptive() : DisposedSockets(Engine.RioAdaptive);
}
