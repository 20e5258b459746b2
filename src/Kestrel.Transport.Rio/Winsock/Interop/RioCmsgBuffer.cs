using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.Winsock.Interop;

/// <summary><c>RIO_CMSG_BUFFER</c> (mswsockdef.h): the head of the control data of RIOReceiveEx and RIOSendEx.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct RioCmsgBuffer
{
    public uint TotalLength;
}
