using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Kestrel.Transport.Rio.FunctionalTests.Networks;

/// <summary>
/// A machine of its own as far as networks go (network_namespaces(7)). It ends with the last of its descriptors, so nothing of
/// it outlives the process, and what was made in it is in it for good, whichever thread uses it.
/// </summary>
internal sealed class NetworkNamespace : IDisposable
{
    // thread-self, since only that thread is in it.
    private const string OfThisThread = "/proc/thread-self/ns/net";

    private readonly SafeFileHandle _handle;

    private NetworkNamespace(SafeFileHandle handle) => _handle = handle;

    public static NetworkNamespace Create() => new(new SafeFileHandle(
        OnThreadOfItsOwn(
            static () => LibC.Unshare(LibC.NewNetwork),
            static () => LibC.Open(OfThisThread, LibC.ReadOnlyCloseOnExec),
            "A network namespace cannot be made"),
        ownsHandle: true));

    /// <summary>A TCP socket of this namespace, not bound and not connected.</summary>
    public Socket CreateSocket() => new(new SafeSocketHandle(
        Inside(static () => LibC.Socket(LibC.InternetFamily, LibC.StreamCloseOnExec, 0), "A socket cannot be made"), ownsHandle: true));

    /// <summary>A file that is another one in each namespace, or belongs to that of its opener.</summary>
    public SafeFileHandle Open(string path, int flags) => new(Inside(() => LibC.Open(path, flags), $"{path} cannot be opened"), ownsHandle: true);

    /// <summary>A socket for requests to the network devices of this namespace.</summary>
    public SafeFileHandle OpenControl() => new(
        Inside(static () => LibC.Socket(LibC.InternetFamily, LibC.StreamCloseOnExec, 0), "A socket cannot be made"), ownsHandle: true);

    public void Dispose() => _handle.Dispose();

    private int Inside(Func<int> call, string failure) =>
        OnThreadOfItsOwn(() => LibC.SetNamespace(_handle, LibC.NewNetwork), call, failure);

    /// <summary>
    /// Makes two system calls and nothing else on a thread that then ends. Whatever thread the runtime started from there would be
    /// in the namespace as well, a worker of the thread pool say, and so would all the sockets that it ever makes.
    /// </summary>
    private static int OnThreadOfItsOwn(Func<int> enter, Func<int> call, string failure)
    {
        var result = -1;
        var errno = 0;
        var thread = new Thread(() =>
        {
            if (enter() >= 0)
            {
                result = call();
            }

            errno = Marshal.GetLastPInvokeError();
        });
        thread.Start();
        thread.Join();
        return result >= 0 ? result : throw LibC.Failure(failure, errno);
    }
}
