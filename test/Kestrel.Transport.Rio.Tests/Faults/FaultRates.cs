namespace Kestrel.Transport.Rio.Tests.Faults;

/// <summary>How often what goes wrong between the transport and a provider: probabilities, from 0 to 1, unless it says otherwise.</summary>
internal sealed record FaultRates
{
    /// <summary>That a request is refused.</summary>
    public double Refusal { get; init; }

    /// <summary>That a receive is given less room than it was asked for.</summary>
    public double ShortReceive { get; init; }

    /// <summary>That a send ends half-way, with an error. The kernel is not given the rest of it.</summary>
    public double ShortSend { get; init; }

    /// <summary>That a request which has completed is said to have failed.</summary>
    public double Failure { get; init; }

    /// <summary>That the completions of a socket are held back from here on, for up to <see cref="LongestHold"/>.</summary>
    public double Hold { get; init; }

    public TimeSpan LongestHold { get; init; }

    /// <summary>For so long one completion of a connection on each completion queue is held back, for certain; zero for none.</summary>
    public TimeSpan LongHold { get; init; }

    /// <summary>Each so many-th wake-up comes late, by up to <see cref="LongestHold"/>; 0 for none.</summary>
    public int LateWakeUp { get; init; }

    /// <summary>Each so many-th wake-up reaches nobody; 0 for none.</summary>
    public int LostWakeUp { get; init; }

    /// <summary>That arming the accepts gives an error at once.</summary>
    public double AcceptFailure { get; init; }

    /// <summary>After so many connections accepting ends with an error; 0 for never.</summary>
    public int AcceptsUntilFailure { get; init; }

    /// <summary>That the system has no memory.</summary>
    public double AllocationRefusal { get; init; }

    /// <summary>That memory is not registered.</summary>
    public double RegistrationRefusal { get; init; }

    /// <summary>That there is no request queue for a socket, or no room for one.</summary>
    public double QueueRefusal { get; init; }

    /// <summary>What a completion queue begins with.</summary>
    public int MostQueueCapacity { get; init; } = int.MaxValue;

    /// <summary>
    /// Entries of a ring, where it is smaller than it need be; 0 where it is not. A pass then enters the kernel several times.
    /// </summary>
    public uint RingEntries { get; init; }

    /// <summary>That a call throws what no provider throws: an exception of ours, on the poller's thread.</summary>
    public double Throw { get; init; }

    /// <summary>That a socket has the smallest buffers there are, so that the kernel sends and receives in small pieces.</summary>
    public double SmallBuffers { get; init; }

    /// <summary>The provider says that it can do no more than Winsock.</summary>
    public bool HidesCapabilities { get; init; }
}
