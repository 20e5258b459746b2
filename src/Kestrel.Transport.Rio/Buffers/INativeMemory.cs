namespace Kestrel.Transport.Rio.Buffers;

/// <summary>Where memory that is not the garbage collector's comes from. Tests refuse it.</summary>
internal interface INativeMemory
{
    /// <summary>0 where there is none. Not cleared.</summary>
    nint Allocate(int length, int alignment);

    void Free(nint address);
}
