using System.Diagnostics;
using Kestrel.Transport.Rio.Contract;

namespace Kestrel.Transport.Rio.Tests.Verification;

/// <summary>The holders of memory: registrations, requests, and the blocks of a pool that reports its rents.</summary>
internal sealed class MemoryLedger(BreachRecord record, bool takesUnregistered)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<BufferId, (nint Address, int Length)> _registrations = [];
    private readonly RangeTable<VerifiedRequest> _requests = new();
    private readonly RangeTable<RentedBlock> _rented = new();

    /// <summary>Every block ever rented whose registration still stands: memory of which the pool says when it may be used.</summary>
    private readonly RangeTable<nint> _known = new();

    public long RegisteredBytes
    {
        get
        {
            lock (_lock)
            {
                return _registrations.Values.Sum(static registration => (long)registration.Length);
            }
        }
    }

    public void OnRegistered(BufferId id, nint address, int length)
    {
        lock (_lock)
        {
            _registrations.Add(id, (address, length));
        }
    }

    public void OnDeregistering(BufferId id)
    {
        lock (_lock)
        {
            if (!_registrations.TryGetValue(id, out var registration))
            {
                record.ReportIf(id.IsValid, LifecycleRule.NoUnknownBufferId, $"{id} is deregistered and was not registered.");
                return;
            }

            var request = _requests.Overlapping(registration.Address, registration.Length)
                .FirstOrDefault(request => request.Buffer.Id == id);
            record.ReportIf(
                request is not null, LifecycleRule.NoDeregistrationDuringARequest, $"{id} is deregistered during {request}.");
            _registrations.Remove(id);
            foreach (var block in _known.Overlapping(registration.Address, registration.Length).ToArray())
            {
                _known.Remove(block);
            }
        }
    }

    public void OnPosting(VerifiedRequest request)
    {
        lock (_lock)
        {
            CheckRegistration(request);
            CheckBlock(request);
            var buffer = request.Buffer;
            foreach (var other in _requests.Overlapping(buffer.Address, buffer.Length))
            {
                var rule = request.Kind == VerifiedKind.Send && other.Kind == VerifiedKind.Send
                    ? LifecycleRule.NoBlockInTwoSends
                    : LifecycleRule.NoMemoryInAReceiveAndAnotherRequest;
                record.Report(rule, $"{request} overlaps {other}.");
            }

            request.Remember();
            _requests.Add(buffer.Address, buffer.Length, request);
        }
    }

    /// <summary>The completion was dequeued, or the request was refused.</summary>
    public void OnEnded(VerifiedRequest request)
    {
        lock (_lock)
        {
            _requests.Remove(request.Buffer.Address);
        }
    }

    /// <summary>Whether a leftover block names its renter, which costs each rent some microseconds.</summary>
    public bool TracesRents { get; set; }

    public void OnRented(nint address, int length)
    {
        lock (_lock)
        {
            record.ReportIf(
                _rented.Overlapping(address, length).Any(),
                LifecycleRule.NoBlockRentedTwice,
                $"The block of {length} bytes at {address:x} is rented out already.");
            CheckNotInARequest(address, length, "rented");
            _rented.Add(address, length, new RentedBlock(address, length, TracesRents ? new StackTrace() : null));
            if (!_known.Overlapping(address, length).Any())
            {
                _known.Add(address, length, address);
            }
        }
    }

    public void OnReturned(nint address, int length)
    {
        lock (_lock)
        {
            record.ReportIf(
                !_rented.Contains(address, length),
                LifecycleRule.NoBlockReturnedTwice,
                $"The block of {length} bytes at {address:x} is not rented out.");
            CheckNotInARequest(address, length, "returned");
            _rented.Remove(address);
        }
    }

    public IEnumerable<(LifecycleRule Rule, string What)> Leftovers()
    {
        lock (_lock)
        {
            return
            [
                .. _requests.Owners.Select(request => (LifecycleRule.NoRequestLeftOutstanding, $"{request}")),
                .. _rented.Owners.Select(block => (LifecycleRule.NoBlockLeftRented, block.ToString())),
                .. _registrations.Keys.Select(id => (LifecycleRule.NoBufferLeftRegistered, $"{id}")),
            ];
        }
    }

    private void CheckRegistration(VerifiedRequest request)
    {
        var buffer = request.Buffer;
        if (!buffer.Id.IsValid)
        {
            record.ReportIf(!takesUnregistered, LifecycleRule.NoUnregisteredMemoryWhereItIsNotTaken, $"{request}");
            return;
        }

        record.ReportIf(
            !_registrations.TryGetValue(buffer.Id, out var registration),
            LifecycleRule.NoUnknownBufferId,
            $"{request} names {buffer.Id}, which is not registered.");
        var isInside = buffer.Offset >= 0
            && buffer.Length > 0
            && (long)buffer.Offset + buffer.Length <= registration.Length
            && buffer.Address == registration.Address + buffer.Offset;
        record.ReportIf(
            !isInside,
            LifecycleRule.NoRangeOutsideItsRegistration,
            $"{request} at offset {buffer.Offset} is not in {registration.Length} bytes at {registration.Address:x}.");
    }

    private void CheckBlock(VerifiedRequest request)
    {
        var buffer = request.Buffer;
        var blocks = _known.Overlapping(buffer.Address, buffer.Length);
        record.ReportIf(
            blocks.Any(block => !_rented.HasStart(block)),
            LifecycleRule.NoRequestOnAReturnedBlock,
            $"{request} is on a block that is back in the pool.");
    }

    private void CheckNotInARequest(nint address, int length, string what)
    {
        var request = _requests.Overlapping(address, length).FirstOrDefault();
        record.ReportIf(
            request is not null,
            LifecycleRule.NoBlockReturnedDuringARequest,
            $"The block of {length} bytes at {address:x} is {what} during {request}.");
    }
}
