namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>The rules of registered I/O that nobody else reports a breach of, by name.</summary>
internal enum LifecycleRule
{
    // Memory.
    NoDeregistrationDuringARequest,
    NoMemoryInAReceiveAndAnotherRequest,
    NoBlockInTwoSends,
    NoUnknownBufferId,
    NoRangeOutsideItsRegistration,
    NoUnregisteredMemoryWhereItIsNotTaken,
    NoBlockReturnedDuringARequest,
    NoBlockReturnedTwice,
    NoBlockRentedTwice,
    NoRequestOnAReturnedBlock,
    NoWriteIntoASendInFlight,

    // Requests.
    NoRequestOnAClosedQueue,
    NoRequestBeyondTheLimit,
    NoAmbiguousRequestContext,
    NoSocketContextInUseTwice,
    NoDeferredRequestLeftAtClose,
    NoDeferredRequestLeftAtWait,
    NoTwoThreadsAtOnce,
    NoArmingTwice,
    NoSendAtOnceBesideASend,
    NoDisposalWithRequestsOutstanding,

    // What the provider owes.
    NoAcceptanceOfWhatMustBeRefused,
    NoCompletionForAnUnknownSocket,
    NoCompletionWithoutARequest,
    NoCompletionOutOfOrder,
    NoImpossibleByteCount,
    NoTooLowOutstandingCount,
    NoWrongCharge,

    // What may not be left when all is over.
    NoRequestLeftOutstanding,
    NoRequestQueueLeftOpen,
    NoAcceptQueueLeftOpen,
    NoCompletionQueueLeftOpen,
    NoAcceptedSocketLost,
    NoBufferLeftRegistered,
    NoBlockLeftRented,
}
