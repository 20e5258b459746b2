using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Winsock;
using Kestrel.Transport.Rio.Winsock.Interop;

namespace ConfirmOnWindows.Winsock;

/// <summary>Memory that is registered whole.</summary>
internal sealed unsafe class ProbeMemory
{
    private const int PageSize = 4096;

    private readonly WinsockFunctions _functions;
    private readonly byte* _start;
    private readonly int _length;

    private ProbeMemory(WinsockFunctions functions, int length)
    {
        _functions = functions;
        _length = length;
        _start = (byte*)NativeMemory.AlignedAlloc((nuint)length, PageSize);
        Bytes.Clear();
    }

    public nuint Id { get; private set; } = RioBuf.InvalidBufferId;

    public Span<byte> Bytes => new(_start, _length);

    public static CallResult TryRegister(WinsockFunctions functions, int length, out ProbeMemory memory)
    {
        memory = new ProbeMemory(functions, length);
        var result = Register(functions, (nint)memory._start, (uint)length, out var id);
        memory.Id = id;
        return result;
    }

    public static CallResult Register(WinsockFunctions functions, nint address, uint length, out nuint id)
    {
        id = functions.Rio.RegisterBuffer(address, length);
        var error = Marshal.GetLastSystemError();
        return id == RioBuf.InvalidBufferId ? new CallResult(IsAccepted: false, error) : new CallResult(IsAccepted: true, 0);
    }

    public RioBuf Slice(int offset, int length) => new() { BufferId = Id, Offset = (uint)offset, Length = (uint)length };

    public void Deregister()
    {
        if (Id != RioBuf.InvalidBufferId)
        {
            _functions.Rio.DeregisterBuffer(Id);
            Id = RioBuf.InvalidBufferId;
        }
    }

    /// <summary>For memory that is not registered any more.</summary>
    public void Free() => NativeMemory.AlignedFree(_start);
}
