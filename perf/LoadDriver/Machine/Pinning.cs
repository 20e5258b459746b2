namespace LoadDriver.Machine;

/// <summary>Which processor a program is held to.</summary>
internal enum Pinning
{
    None,
    ServerCore,
    LoadCore,
}
