using System.Buffers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Microbenchmarks;

/// <summary>The pool that Kestrel gives its Sockets transport.</summary>
internal static class KestrelPool
{
    public static MemoryPool<byte> Create() =>
        WebApplication.CreateSlimBuilder().Build().Services.GetRequiredService<IMemoryPoolFactory<byte>>().Create();
}
