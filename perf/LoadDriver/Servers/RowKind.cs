namespace LoadDriver.Servers;

/// <summary>What program is behind a row.</summary>
internal enum RowKind
{
    Rio,
    Sockets,
    Nginx,
    Floor,
}
