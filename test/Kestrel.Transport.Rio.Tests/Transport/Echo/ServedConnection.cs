namespace Kestrel.Transport.Rio.Tests.Transport.Echo;

/// <summary>A connection as the application saw it.</summary>
internal sealed class ServedConnection(string id, byte client)
{
    public string Id => id;

    public byte Client => client;

    public int Received { get; set; }

    public int Written { get; set; }

    /// <summary>The client's FIN came, or what looked like it.</summary>
    public bool SawEnd { get; set; }

    public Exception? Error { get; set; }

    public bool ClosedFired { get; set; }

    public bool IsDisposed { get; set; }

    public override string ToString()
        => $"connection {id} of {client}: {Received} received, {Written} written{(SawEnd ? ", FIN" : "")}"
            + $"{(ClosedFired ? ", closed" : "")}{(IsDisposed ? ", disposed" : "")} {Error?.GetType().Name} {Error?.Message}";
}
