namespace Kestrel.Transport.Rio;

/// <summary>How much memory one registration with the kernel covers.</summary>
public enum RegistrationGranularity
{
    /// <summary>
    /// A whole slab: its pages are locked at once, and the cost of the registration is shared. Blocks of one registration
    /// are in use by different connections at the same time.
    /// </summary>
    Slab = 0,

    /// <summary>
    /// A block of 4 KiB, for the strictest reading of what Windows says of <c>RIOSend</c>: that nothing else of a registered
    /// buffer may be used while any of it is being sent. It costs a registration for every block, and an idle connection a
    /// whole block, of which it uses <see cref="RioTransportOptions.IdleReceiveSize"/> bytes, where a provider cannot wait
    /// without a buffer. Linux: the kernel's table ends at 4,096 blocks, behind
    /// which memory is not registered.
    /// </summary>
    Block = 1,
}
