using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace ConnectionLoad;

/// <summary>
/// Holds connections that have each made one request, until <c>release</c> ends; then each must still answer another.
/// </summary>
internal static class IdleConnections
{
    public static async Task<bool> RunAsync(IPEndPoint server, LoadSize load, TextReader release, CancellationToken ended)
    {
        var bounds = new ParallelOptions { MaxDegreeOfParallelism = load.AtOnce, CancellationToken = ended };
        var held = new ConcurrentBag<LoadConnection>();
        try
        {
            var opened = new Tally();
            await Parallel.ForAsync(0, load.Count, bounds, (number, token) => CountAsync(opened, async () =>
            {
                var connection = await LoadConnection.OpenAsync(server, number, token);
                held.Add(connection);
                await connection.RequestAsync(token);
            }));
            opened.Print("idle connections held", load.Count);

            await release.ReadToEndAsync(ended);

            var answered = new Tally();
            await Parallel.ForEachAsync(held, bounds, (connection, token) => CountAsync(answered, async () =>
            {
                await connection.RequestAsync(token);
                await connection.CloseAsync(token);
            }));
            answered.Print("of them answered again", load.Count);
            return opened.NothingFailed && answered.NothingFailed;
        }
        finally
        {
            foreach (var connection in held)
            {
                connection.Dispose();
            }
        }
    }

    private static async ValueTask CountAsync(Tally tally, Func<Task> work)
    {
        try
        {
            await work();
            tally.Success();
        }
        catch (Exception reason) when (reason is SocketException or IOException)
        {
            tally.Failure(reason);
        }
    }
}
