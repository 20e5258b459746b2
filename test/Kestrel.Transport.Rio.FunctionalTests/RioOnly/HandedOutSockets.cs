using Microsoft.AspNetCore.Connections.Features;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>
/// Rio only: the managed socket has a descriptor of its own, so to dispose it does not end the connection, as it does on
/// Sockets; above all it does not turn the ring on whatever is given the number next.
/// </summary>
public sealed class HandedOutSockets() : FunctionalTest(Engine.RioOnThreadPool)
{
    [Fact]
    public async Task A_socket_that_the_application_disposes_leaves_the_connection_and_other_descriptors_alone()
    {
        const int Files = 50;
        var folder = Directory.CreateTempSubdirectory("rio-").FullName;
        var host = await StartRawAsync(async connection =>
        {
            connection.Features.Get<IConnectionSocketFeature>()!.Socket.Dispose();

            // One of them is given the number that has just become free.
            var files = Enumerable.Range(0, Files).Select(i => File.Create(Path.Combine(folder, $"{i}"))).ToList();
            await connection.Transport.Output.WriteAsync("still here"u8.ToArray());
            var answer = await connection.Transport.Input.ReadAtLeastAsync("thanks".Length);
            connection.Transport.Input.AdvanceTo(answer.Buffer.End);
            await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes(" and heard you"));
            files.ForEach(file => file.Dispose());
        });

        using var client = await host.ConnectAsync(Deadline);
        await client.SendAsync("thanks");

        Assert.Equal("still here and heard you", (await client.ReadToEndAsync()).Text);
        Assert.All(Directory.EnumerateFiles(folder), file => Assert.Equal(0, new FileInfo(file).Length));
        Directory.Delete(folder, recursive: true);
    }
}
