using Kestrel.Transport.Rio.Buffers;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio;

/// <summary>Names the option, its value and the valid range of everything that is out of range.</summary>
internal sealed class ValidateRioTransportOptions : IValidateOptions<RioTransportOptions>
{
    private const int MaxPollerCount = 1024;
    private const int MinSlabSize = 64 * 1024;
    private const int MaxIdleReceiveSize = RegisteredMemoryPool.BlockSize / 2;
    private const int MaxSlabSize = 1024 * 1024 * 1024;
    private const int MaxThreadsOfPoller = 256;
    private static readonly TimeSpan s_minHandOverThreshold = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan s_maxHandOverThreshold = TimeSpan.FromSeconds(1);

    public ValidateOptionsResult Validate(string? name, RioTransportOptions options)
    {
        var failures = new List<string>();

        void Check(bool valid, string option, object? value, string range)
        {
            if (!valid)
            {
                failures.Add($"{nameof(RioTransportOptions)}.{option} is {value ?? "null"}; valid is {range}.");
            }
        }

        Check(options.PollerCount is >= 1 and <= MaxPollerCount, nameof(options.PollerCount), options.PollerCount, $"1 to {MaxPollerCount}");
        Check(Enum.IsDefined(options.ApplicationScheduling), nameof(options.ApplicationScheduling), options.ApplicationScheduling, string.Join(" or ", Enum.GetNames<ApplicationScheduling>()));
        Check(
            options.HandOverThreshold >= s_minHandOverThreshold && options.HandOverThreshold <= s_maxHandOverThreshold,
            nameof(options.HandOverThreshold), options.HandOverThreshold, $"{s_minHandOverThreshold} to {s_maxHandOverThreshold}");
        Check(options.MaxPollerThreads is >= 2 and <= MaxThreadsOfPoller, nameof(options.MaxPollerThreads), options.MaxPollerThreads, $"2 to {MaxThreadsOfPoller}");
        Check(Enum.IsDefined(options.Fallback), nameof(options.Fallback), options.Fallback, string.Join(" or ", Enum.GetNames<UnavailableBehavior>()));
        Check(options.Backlog >= 1, nameof(options.Backlog), options.Backlog, "1 and more");
        Check(options.MaxReadBufferSize is null or >= 0, nameof(options.MaxReadBufferSize), options.MaxReadBufferSize, "null, or 0 bytes and more");
        Check(options.MaxWriteBufferSize is null or >= 0, nameof(options.MaxWriteBufferSize), options.MaxWriteBufferSize, "null, or 0 bytes and more");
        Check(
            options.SlabSize is >= MinSlabSize and <= MaxSlabSize && options.SlabSize % RegisteredMemoryPool.BlockSize == 0,
            nameof(options.SlabSize), options.SlabSize, $"a multiple of {RegisteredMemoryPool.BlockSize}, from {MinSlabSize} to {MaxSlabSize}");
        Check(
            options.MaxRegisteredMemory is null || options.MaxRegisteredMemory >= options.SlabSize,
            nameof(options.MaxRegisteredMemory), options.MaxRegisteredMemory, $"null, or {nameof(options.SlabSize)} ({options.SlabSize}) bytes and more");
        Check(Enum.IsDefined(options.RegistrationGranularity), nameof(options.RegistrationGranularity), options.RegistrationGranularity, string.Join(" or ", Enum.GetNames<RegistrationGranularity>()));
        Check(
            options.IdleReceiveSize is >= ParkingBlock.MinSliceSize and <= MaxIdleReceiveSize && options.IdleReceiveSize % ParkingBlock.MinSliceSize == 0,
            nameof(options.IdleReceiveSize), options.IdleReceiveSize, $"a multiple of {ParkingBlock.MinSliceSize}, from {ParkingBlock.MinSliceSize} to {MaxIdleReceiveSize}");
        Check(Enum.IsDefined(options.ReturnedMemory), nameof(options.ReturnedMemory), options.ReturnedMemory, string.Join(" or ", Enum.GetNames<ReturnedMemory>()));
        Check(options.CreateBoundListenSocket is not null, nameof(options.CreateBoundListenSocket), options.CreateBoundListenSocket, "a function");

        return failures.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(failures);
    }
}
