using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Kestrel.Transport.Rio.FunctionalTests;

/// <summary>What middleware and applications find on a connection.</summary>
public abstract class ConnectionFeatures(Engine engine) : FunctionalTest(engine)
{
    /// <summary>The proof that these tests test what they say: no fallback has served in the engine's place.</summary>
    [Fact]
    public async Task A_connection_is_of_the_engine_under_test()
    {
        await WithConnectionAsync((connection, _) =>
            Assert.Equal(Engine.ConnectionAssembly, connection.GetType().Assembly.GetName().Name));
    }

    [Fact]
    public async Task Both_ends_of_a_connection_know_each_other()
    {
        await WithConnectionAsync((connection, client) =>
        {
            Assert.Equal(client.Socket.RemoteEndPoint, connection.LocalEndPoint);
            Assert.Equal(client.Socket.LocalEndPoint, connection.RemoteEndPoint);
            var feature = connection.Features.Get<IConnectionEndPointFeature>();
            if (Engine == Engine.Sockets)
            {
                // The one feature of a connection that Sockets leaves out.
                Assert.Null(feature);
                return;
            }

            Assert.NotNull(feature);
            Assert.Equal(connection.LocalEndPoint, feature.LocalEndPoint);
            Assert.Equal(connection.RemoteEndPoint, feature.RemoteEndPoint);
        });
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IConnectionSocketFeature_has_the_real_socket_with_NoDelay_as_the_options_say(bool noDelay)
    {
        await WithConnectionAsync(
            (connection, client) =>
            {
                var socket = connection.Features.Get<IConnectionSocketFeature>()?.Socket;
                Assert.NotNull(socket);
                Assert.Equal(client.Socket.LocalEndPoint, socket.RemoteEndPoint);
                Assert.Equal(client.Socket.RemoteEndPoint, socket.LocalEndPoint);
                Assert.True(socket.Connected);
                Assert.Equal(noDelay, socket.NoDelay);
                Assert.Equal(SocketType.Stream, socket.SocketType);
                Assert.Equal(ProtocolType.Tcp, socket.ProtocolType);
            },
            transport => transport.NoDelay = noDelay);
    }

    [Fact]
    public async Task NoDelay_is_on_by_default()
    {
        await WithConnectionAsync((connection, _) =>
            Assert.True(connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.NoDelay));
    }

    /// <summary>An option set through the feature's socket is set on the connection: the kernel has one socket, not two.</summary>
    [Fact]
    public async Task A_socket_option_set_through_the_feature_sticks()
    {
        await WithConnectionAsync((connection, _) =>
        {
            var socket = connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket;
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
            socket.NoDelay = false;
            Assert.NotEqual(0, (int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive)!);
            Assert.False(socket.NoDelay);
        });
    }

    [Fact]
    public async Task Features_can_be_added_replaced_and_removed()
    {
        await WithConnectionAsync((connection, _) =>
        {
            connection.Features.Set(this);
            Assert.Same(this, connection.Features.Get<ConnectionFeatures>());
            connection.Features.Set<ConnectionFeatures>(null);
            Assert.Null(connection.Features.Get<ConnectionFeatures>());

            // What Kestrel itself adds to each connection.
            Assert.NotNull(connection.Features.Get<IConnectionHeartbeatFeature>());
            Assert.NotNull(connection.Features.Get<IConnectionLifetimeNotificationFeature>());
            Assert.NotNull(connection.Features.Get<IConnectionCompleteFeature>());
        });
    }

    [Fact]
    public async Task The_features_every_transport_has_are_there_and_agree_with_the_connection()
    {
        await WithConnectionAsync((connection, _) =>
        {
            Assert.Equal(connection.ConnectionId, connection.Features.Get<IConnectionIdFeature>()?.ConnectionId);
            Assert.Same(connection.Transport, connection.Features.Get<IConnectionTransportFeature>()?.Transport);
            Assert.Equal(connection.ConnectionClosed, connection.Features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed);
            Assert.False(connection.ConnectionClosed.IsCancellationRequested);
        });
    }

    [Fact]
    public async Task The_items_of_a_connection_are_its_own()
    {
        await WithConnectionAsync((connection, _) =>
        {
            connection.Items["key"] = this;
            Assert.Same(this, connection.Features.Get<IConnectionItemsFeature>()?.Items["key"]);
        });
    }

    [Fact]
    public async Task The_memory_pool_gives_memory_that_can_be_written()
    {
        await WithConnectionAsync((connection, _) =>
        {
            var pool = connection.Features.Get<IMemoryPoolFeature>()?.MemoryPool;
            Assert.NotNull(pool);
            using var memory = pool.Rent();
            Assert.InRange(memory.Memory.Length, 1, pool.MaxBufferSize);
            memory.Memory.Span.Fill(0x5A);
            Assert.Equal(-1, memory.Memory.Span.IndexOfAnyExcept((byte)0x5A));
        });
    }

    /// <summary>Middleware such as TLS and connection logging puts its own pipe in the place of the transport's.</summary>
    [Fact]
    public async Task The_transport_of_a_connection_can_be_replaced_by_middleware()
    {
        var setup = new HostSetup();
        setup.Listen(IPAddress.Loopback, listen => listen.UseConnectionLogging("Functional"));
        var host = await StartAsync(setup);

        await host.AssertServesAsync(Deadline);
    }

    [Fact]
    public async Task Connection_ids_are_unique()
    {
        const int Connections = 100;
        var watch = new ConnectionWatch();
        var host = await StartAsync(new HostSetup { Watch = watch });
        var ids = new HashSet<string>(StringComparer.Ordinal);

        for (var i = 0; i < Connections; i++)
        {
            await host.AssertServesAsync(Deadline);
            ids.Add((await watch.NextAsync(Deadline)).Context.ConnectionId);
        }

        Assert.Equal(Connections, ids.Count);
    }

    private async Task WithConnectionAsync(Action<ConnectionContext, RawClient> assert, Action<TransportSettings>? configure = null)
    {
        var connected = new TaskCompletionSource<RawClient>(TaskCreationOptions.RunContinuationsAsynchronously);
        var asserted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var setup = new HostSetup().Raw(async connection =>
        {
            var client = await connected.Task.WaitAsync(Deadline);
            if (Record.Exception(() => assert(connection, client)) is { } failure)
            {
                asserted.SetException(failure);
            }
            else
            {
                asserted.SetResult();
            }
        });
        configure?.Invoke(setup.Transport);
        var host = await StartAsync(setup);
        using var client = await host.ConnectAsync(Deadline);
        connected.SetResult(client);
        await asserted.Task.WaitAsync(Deadline);
        Assert.False((await client.ReadToEndAsync()).WasReset);
    }

    public sealed class OnSockets() : ConnectionFeatures(Engine.Sockets);

    public sealed class OnRio() : ConnectionFeatures(Engine.RioOnThreadPool);

    public sealed class OnRioInline() : ConnectionFeatures(Engine.RioInline);

    public sealed class OnRioAdaptive() : ConnectionFeatures(Engine.RioAdaptive);
}
