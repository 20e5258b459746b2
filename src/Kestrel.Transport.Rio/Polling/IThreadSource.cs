namespace Kestrel.Transport.Rio.Polling;

/// <summary>Gives threads to pollers.</summary>
internal interface IThreadSource
{
    /// <summary>Has a thread run the assignment. False when the machine gives none.</summary>
    bool TryAssign(IThreadAssignment assignment);
}
