using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary>
/// A network device whose other end is in this process: what its machine sends is read here, and what is written here its
/// machine receives, one IP packet a call (linux/if_tun.h). It ends with its descriptor.
/// </summary>
internal sealed unsafe class TunDevice : IDisposable
{
    public const string Path = "/dev/net/tun";

    private const string Name = "wire";
    private const int PrefixLength = 30;
    private const short Tun = 0x0001;
    private const short NoPacketInformation = 0x1000;
    private const short Up = 0x0001;
    private const short Running = 0x0040;

    // linux/if_tun.h and linux/sockios.h.
    private const nuint TunSetInterface = 0x400454CA;
    private const nuint SetFlags = 0x8914;
    private const nuint SetAddress = 0x8916;
    private const nuint SetNetMask = 0x891C;
    private const nuint SetMtu = 0x8922;

    private readonly SafeFileHandle _packets;
    private readonly SafeFileHandle _control;

    private TunDevice(SafeFileHandle packets, SafeFileHandle control)
    {
        _packets = packets;
        _control = control;
    }

    public int FileDescriptor => (int)_packets.DangerousGetHandle();

    /// <summary>A device of the namespace, with an address, and up.</summary>
    public static TunDevice Create(NetworkNamespace network, IPAddress address, int mtu)
    {
        var device = new TunDevice(network.Open(Path, LibC.ReadWriteNonBlockingCloseOnExec), network.OpenControl());
        try
        {
            var attach = Request();
            attach.Flags = Tun | NoPacketInformation;
            LibC.Check(LibC.Control(device._packets, TunSetInterface, &attach), "A TUN device cannot be made");
            device.Configure(SetAddress, Address(BitConverter.ToUInt32(address.GetAddressBytes())));
            device.Configure(SetNetMask, Address((uint)IPAddress.HostToNetworkOrder(-1 << (32 - PrefixLength))));
            device.ChangeMtu(mtu);
            var up = Request();
            up.Flags = Up | Running;
            device.Configure(SetFlags, up);
            return device;
        }
        catch
        {
            device.Dispose();
            throw;
        }
    }

    public void ChangeMtu(int mtu)
    {
        var request = Request();
        request.Number = mtu;
        Configure(SetMtu, request);
    }

    /// <summary>The next packet that the machine has sent: its length, or 0 when there is none.</summary>
    public int Read(Span<byte> buffer)
    {
        fixed (byte* first = buffer)
        {
            var count = (int)LibC.Read(_packets, first, (nuint)buffer.Length);
            return count >= 0 || Marshal.GetLastPInvokeError() is LibC.WouldBlock or LibC.Interrupted
                ? Math.Max(count, 0)
                : throw LibC.Failure("A packet cannot be read", Marshal.GetLastPInvokeError());
        }
    }

    /// <summary>Has the machine receive a packet.</summary>
    public void Write(ReadOnlySpan<byte> packet)
    {
        fixed (byte* first = packet)
        {
            LibC.Check((int)LibC.Write(_packets, first, (nuint)packet.Length), "A packet cannot be written");
        }
    }

    public void Dispose()
    {
        _packets.Dispose();
        _control.Dispose();
    }

    private static InterfaceRequest Request()
    {
        var request = default(InterfaceRequest);
        Encoding.ASCII.GetBytes(Name, new Span<byte>(request.Name, InterfaceRequest.NameLength - 1));
        return request;
    }

    private static InterfaceRequest Address(uint networkOrder)
    {
        var request = Request();
        request.AddressFamily = LibC.InternetFamily;
        request.Address = networkOrder;
        return request;
    }

    private void Configure(nuint what, InterfaceRequest request) =>
        LibC.Check(LibC.Control(_control, what, &request), $"A TUN device cannot be configured (0x{what:x})");
}
