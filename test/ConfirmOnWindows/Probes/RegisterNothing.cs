using ConfirmOnWindows.Winsock;

namespace ConfirmOnWindows.Probes;

internal sealed class RegisterNothing : Probe
{
    public override string Name => "register-nothing";

    public override string Question => "What does RIORegisterBuffer answer to a length of 0, and to a null address?";

    public override string Expected => "10022 WSAEINVAL; 10014 WSAEFAULT";

    public override Answer Ask(ProbeScene scene)
    {
        var memory = scene.Register(4096);
        nint address;
        unsafe
        {
            fixed (byte* start = memory.Bytes)
            {
                address = (nint)start;
            }
        }

        var empty = ProbeMemory.Register(scene.Functions, address, 0, out _);
        var nowhere = ProbeMemory.Register(scene.Functions, 0, 4096, out _);
        return new Answer(
            $"length 0: {empty}; null: {nowhere}", empty.IsRefusedWith(ErrorName.Invalid) && nowhere.IsRefusedWith(ErrorName.Fault));
    }
}
