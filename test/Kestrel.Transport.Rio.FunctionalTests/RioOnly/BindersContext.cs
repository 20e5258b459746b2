using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>What flows with the code that binds an endpoint is no business of the transport's threads and timers.</summary>
public sealed class BindersContext
{
    private static readonly AsyncLocal<object?> s_local = new();

    [Theory]
    [InlineData(ApplicationScheduling.Inline)]
    [InlineData(ApplicationScheduling.ThreadPool)]
    [InlineData(ApplicationScheduling.Adaptive)]
    public async Task Endpoint_keeps_nothing_of_its_binders_context_alive(ApplicationScheduling scheduling)
    {
        var factory = new RioTransportFactory(
            Options.Create(new RioTransportOptions { Fallback = UnavailableBehavior.Throw, ApplicationScheduling = scheduling }),
            NullLoggerFactory.Instance);
        var (binding, local) = BindWithLocal(factory);
        var listener = await binding;

        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();

        Assert.False(local.IsAlive);
        await listener.DisposeAsync();
    }

    /// <summary>Binds with a value in the execution context, which nobody has afterwards who has not kept the context.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Task<IConnectionListener> Binding, WeakReference Local) BindWithLocal(RioTransportFactory factory)
    {
        var value = new object();
        Task<IConnectionListener>? binding = null;
        ExecutionContext.Run(
            ExecutionContext.Capture()!,
            _ =>
            {
                s_local.Value = value;
                binding = factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0)).AsTask();
            },
            state: null);
        return (binding!, new WeakReference(value));
    }
}
