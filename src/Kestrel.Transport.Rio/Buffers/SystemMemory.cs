using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Buffers;

/// <summary>The C library's.</summary>
internal sealed unsafe class SystemMemory : INativeMemory
{
    public static SystemMemory Instance { get; } = new();

    public nint Allocate(int length, int alignment)
    {
        try
        {
            return (nint)NativeMemory.AlignedAlloc((nuint)length, (nuint)alignment);
        }
        catch (OutOfMemoryException)
        {
            // Whoever asks can do with less, and on a poller's thread an exception would end all of its connections.
            return 0;
        }
    }

    public void Free(nint address) => NativeMemory.AlignedFree((void*)address);
}
