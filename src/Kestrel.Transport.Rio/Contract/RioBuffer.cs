namespace Kestrel.Transport.Rio.Contract;

/// <summary>
/// A slice of a registered buffer, the unit of one request. Windows: <c>RIO_BUF</c> (mswsockdef.h).
/// </summary>
/// <param name="Id">The registration, or <see cref="BufferId.Invalid"/> where the provider takes unregistered memory.</param>
/// <param name="Offset">Bytes from the start of the registration.</param>
/// <param name="Length">Bytes of the slice; at least 1.</param>
/// <param name="Address">
/// The address of the slice. Winsock derives it from the registration; io_uring wants it in every request.
/// </param>
internal readonly record struct RioBuffer(BufferId Id, int Offset, int Length, nint Address)
{
    /// <summary>The slice without its first <paramref name="count"/> bytes, for the rest of a short transfer.</summary>
    public RioBuffer Skip(int count) => new(Id, Offset + count, Length - count, Address + count);
}
