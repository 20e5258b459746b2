using System.Net.Sockets;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Conformance;

/// <summary>Page-aligned memory outside of the managed heap, and its registration.</summary>
internal sealed unsafe class RegisteredMemory : IDisposable
{
    private readonly int _length;
    private nint _address;

    public RegisteredMemory(RegisteredIo io, int length, bool registered = true)
    {
        DeregistersThrough = io;
        _length = length;
        _address = (nint)NativeMemory.AlignedAlloc((nuint)length, 4096);
        Span.Clear();
        Id = BufferId.Invalid;
        if (registered)
        {
            Register(io);
        }
    }

    public BufferId Id { get; private set; }

    /// <summary>Whom it is deregistered with in the end; the provider that it was registered with, unless a test knows better.</summary>
    public RegisteredIo DeregistersThrough { get; init; }

    public Span<byte> Span => new((void*)_address, _length);

    public byte[] Bytes => Span.ToArray();

    public RioBuffer All => Slice(0, _length);

    public RioBuffer Slice(int offset, int length) => new(Id, offset, length, _address + offset);

    public void Register(RegisteredIo io)
    {
        Assert.Equal(SocketError.Success, io.RegisterBuffer(_address, _length, out var id));
        Id = id;
    }

    public void Deregister() => Deregister(DeregistersThrough);

    public void Deregister(RegisteredIo io)
    {
        io.DeregisterBuffer(Id);
        Id = BufferId.Invalid;
    }

    public void Dispose()
    {
        if (_address != 0)
        {
            Deregister();
            NativeMemory.AlignedFree((void*)_address);
            _address = 0;
        }
    }
}
