using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary><c>struct pollfd</c> (poll.h)</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    public int FileDescriptor;
    public short Events;
    public short Returned;
}
