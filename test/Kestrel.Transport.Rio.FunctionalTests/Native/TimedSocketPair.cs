using System.Runtime.InteropServices;

namespace Kestrel.Transport.Rio.FunctionalTests.Native;

/// <summary>A socket pair whose receiving end has <c>SO_RCVTIMEO</c>: a receive from it is not started again after a signal (signal(7)).</summary>
public sealed unsafe class TimedSocketPair : IDisposable
{
    private readonly int _receiver;
    private readonly int _sender;

    public TimedSocketPair()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: it has no signals that interrupt a receive.");
        var pair = stackalloc int[2];
        Assert.Equal(0, LibC.SocketPair(LibC.UnixFamily, LibC.StreamCloseOnExec, 0, pair));
        (_receiver, _sender) = (pair[0], pair[1]);
        var time = stackalloc long[2] { (long)Wait.Patience.TotalSeconds, 0 };
        Assert.Equal(0, LibC.SetSocketOption(_receiver, LibC.SolSocket, LibC.ReceiveTimeout, time, 2 * sizeof(long)));
    }

    /// <summary>Receives the byte of <see cref="Send"/>, and gives how often a signal has interrupted that.</summary>
    public int CountInterruptions()
    {
        byte received;
        var interruptions = 0;
        while (LibC.Receive(_receiver, &received, 1, 0) != 1)
        {
            Assert.Equal(LibC.Interrupted, Marshal.GetLastPInvokeError());
            interruptions++;
        }

        return interruptions;
    }

    public void Send()
    {
        byte sent = 1;
        Assert.Equal(1, LibC.Write(_sender, &sent, 1));
    }

    public void Dispose()
    {
        _ = LibC.Close(_receiver);
        _ = LibC.Close(_sender);
    }
}
