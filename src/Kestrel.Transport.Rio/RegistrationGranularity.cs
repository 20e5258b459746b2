namespace Kestrel.Transport.Rio;

/// <summary>How much memory one registration with the kernel covers.</summary>
public enum RegistrationGranularity
{
    /// <summary>
    /// A whole slab. One registration locks all of its pages. Different connections use blocks of one registration at the same
    /// time.
    /// </summary>
    Slab = 0,

    /// <summary>
    /// A block of 4 KiB. Use it for the strictest reading of the documentation of <c>RIOSend</c>: no part of a registered buffer
    /// may be used while another part is being sent.
    /// </summary>
    /// <remarks>
    /// Each block costs a registration. On Windows an idle connection holds a whole block. On Linux the kernel's table ends at 4,096
    /// blocks, and further memory is not registered.
    /// </remarks>
    Block = 1,
}
