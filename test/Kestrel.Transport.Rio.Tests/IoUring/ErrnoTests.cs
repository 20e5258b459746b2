using System.Net.Sockets;
using System.Reflection;
using Kestrel.Transport.Rio.IoUring.Interop;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

public sealed class ErrnoTests
{
    /// <summary>Of the first three .NET's sockets make no more than an error; the fourth is told from EPIPE there, of which nothing depends here.</summary>
    private static readonly Dictionary<int, SocketError> s_ofOurs = new()
    {
        [Errno.OutOfMemory] = SocketError.NoBufferSpaceAvailable,
        [Errno.NoSpace] = SocketError.NoBufferSpaceAvailable,
        [Errno.Protocol] = SocketError.ConnectionAborted,
        [Errno.ShutDown] = SocketError.Shutdown,
    };

    public static TheoryData<string, int> All { get; } = OfTable();

    [Theory]
    [MemberData(nameof(All))]
    public void Errno_maps_as_on_Sockets_unless_Sockets_has_no_name(string name, int errno)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "not on this machine: these are Linux's.");
        var ofSockets = OfSockets(errno);
        if (s_ofOurs.TryGetValue(errno, out var ofOurs))
        {
            Assert.NotEqual(ofSockets, ofOurs);
        }

        Assert.True((ofOurs == default ? ofSockets : ofOurs) == Errno.ToSocketError(errno), $"{name} is {ofSockets} there, and {Errno.ToSocketError(errno)} here.");
    }

    [Theory]
    [InlineData(Errno.TooManyFiles, SocketError.TooManyOpenSockets)]
    [InlineData(Errno.TooManyFilesInSystem, SocketError.TooManyOpenSockets)]
    [InlineData(Errno.NoBufferSpace, SocketError.NoBufferSpaceAvailable)]
    [InlineData(Errno.OutOfMemory, SocketError.NoBufferSpaceAvailable)]
    [InlineData(Errno.ConnectionAborted, SocketError.ConnectionAborted)]
    [InlineData(Errno.ConnectionReset, SocketError.ConnectionReset)]
    [InlineData(Errno.BrokenPipe, SocketError.Shutdown)]
    [InlineData(Errno.TimedOut, SocketError.TimedOut)]
    [InlineData(Errno.TryAgain, SocketError.WouldBlock)]
    [InlineData(Errno.Canceled, SocketError.OperationAborted)]
    [InlineData(0, SocketError.Success)]
    [InlineData(4095, SocketError.SocketError)]
    public void Errors_of_connections_and_accepts_have_names(int errno, SocketError expected)
        => Assert.Equal(expected, Errno.ToSocketError(errno));

    /// <summary>What System.Net.Sockets makes of it, which has no public way to ask.</summary>
    private static SocketError OfSockets(int errno)
    {
        const BindingFlags Hidden = BindingFlags.Static | BindingFlags.NonPublic | BindingFlags.Public;
        var sockets = typeof(Socket).Assembly;
        var convert = sockets.GetType("Interop+Sys", throwOnError: true)!.GetMethod("ConvertErrorPlatformToPal", Hidden, [typeof(int)])!;
        var translate = sockets.GetType("System.Net.Sockets.SocketErrorPal", throwOnError: true)!.GetMethod("GetSocketErrorForNativeError", Hidden)!;
        return (SocketError)translate.Invoke(null, [convert.Invoke(null, [errno])])!;
    }

    private static TheoryData<string, int> OfTable()
    {
        var table = new TheoryData<string, int>();
        foreach (var field in typeof(Errno).GetFields(BindingFlags.Static | BindingFlags.Public).Where(static field => field.IsLiteral))
        {
            table.Add(field.Name, (int)field.GetRawConstantValue()!);
        }

        return table;
    }
}
