using System.Globalization;

namespace ConfirmOnWindows.Winsock;

/// <summary>The errors that matter here, by their names in winerror.h.</summary>
internal static class ErrorName
{
    public const int OperationAborted = 995;
    public const int Fault = 10014;
    public const int Invalid = 10022;
    public const int Already = 10037;
    public const int AddressFamilyNotSupported = 10047;
    public const int ConnectionReset = 10054;
    public const int NoBuffers = 10055;
    public const int TooManyReferences = 10059;

    public static string Of(int error)
    {
        var name = error switch
        {
            0 => "",
            OperationAborted => "WSA_OPERATION_ABORTED",
            10004 => "WSAEINTR",
            10009 => "WSAEBADF",
            10013 => "WSAEACCES",
            Fault => "WSAEFAULT",
            Invalid => "WSAEINVAL",
            Already => "WSAEALREADY",
            10038 => "WSAENOTSOCK",
            10043 => "WSAEPROTONOSUPPORT",
            10044 => "WSAESOCKTNOSUPPORT",
            10045 => "WSAEOPNOTSUPP",
            AddressFamilyNotSupported => "WSAEAFNOSUPPORT",
            10052 => "WSAENETRESET",
            10053 => "WSAECONNABORTED",
            ConnectionReset => "WSAECONNRESET",
            NoBuffers => "WSAENOBUFS",
            10057 => "WSAENOTCONN",
            10058 => "WSAESHUTDOWN",
            TooManyReferences => "WSAETOOMANYREFS",
            _ => null,
        };
        var number = error.ToString(CultureInfo.InvariantCulture);
        return string.IsNullOrEmpty(name) ? number : $"{number} {name}";
    }
}
