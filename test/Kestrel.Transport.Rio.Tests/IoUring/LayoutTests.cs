using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Kestrel.Transport.Rio.Contract;
using Kestrel.Transport.Rio.IoUring.Interop;
using Kestrel.Transport.Rio.Platform.Linux;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.IoUring;

/// <summary>What the kernel reads and writes lies where the headers of 64-bit Linux say.</summary>
public sealed class LayoutTests
{
    private static readonly string?[] s_interop = [typeof(SubmissionEntry).Namespace, typeof(KernelTimespec).Namespace];

    [Theory]
    [InlineData(typeof(SubmissionEntry), 64)]
    [InlineData(typeof(CompletionEntry), 16)]
    [InlineData(typeof(RingParameters), 120)]
    [InlineData(typeof(MessageHeader), 56)]
    [InlineData(typeof(IoVector), 16)]
    [InlineData(typeof(KernelTimespec), 16)]
    [InlineData(typeof(BufferTableRegistration), 32)]
    [InlineData(typeof(BufferTableUpdate), 32)]
    [InlineData(typeof(LingerOption), 8)]
    [InlineData(typeof(RioResult), 24)]
    public void A_struct_has_its_size(Type type, int size)
    {
        Assert.Equal(size, Marshal.SizeOf(type));
        Assert.Equal(size, RuntimeHelpers.SizeOf(type.TypeHandle));
    }

    [Fact]
    public void Timespec_has_seconds_and_the_remaining_nanoseconds()
    {
        var time = new KernelTimespec(TimeSpan.FromMilliseconds(1250.5));
        Assert.Equal((1L, 250_500_000L), (time.Seconds, time.Nanoseconds));
    }

    [Theory]
    [InlineData(typeof(SubmissionEntry), "Opcode 0, Flags 1, IoPriority 2, FileDescriptor 4, Offset 8, Address 16, Length 24, OperationFlags 28, UserData 32, BufferIndex 40")]
    [InlineData(typeof(CompletionEntry), "UserData 0, Result 8, Flags 12")]
    [InlineData(typeof(RingParameters), "SubmissionEntries 0, CompletionEntries 4, Flags 8, Features 20, SubmissionHead 40, SubmissionTail 44, SubmissionMask 48, SubmissionArray 64, CompletionHead 80, CompletionTail 84, CompletionMask 88, CompletionEntriesOffset 100")]
    [InlineData(typeof(MessageHeader), "Name 0, NameLength 8, Vectors 16, VectorCount 24, Control 32, ControlLength 40, Flags 48")]
    [InlineData(typeof(IoVector), "Base 0, Length 8")]
    [InlineData(typeof(KernelTimespec), "Seconds 0, Nanoseconds 8")]
    [InlineData(typeof(BufferTableRegistration), "Count 0, Flags 4, Reserved 8, Data 16, Tags 24")]
    [InlineData(typeof(BufferTableUpdate), "Offset 0, Reserved 4, Data 8, Tags 16, Count 24, Reserved2 28")]
    [InlineData(typeof(LingerOption), "OnOff 0, Seconds 4")]
    public void Every_field_has_its_offset(Type type, string offsets)
    {
        var fields = type.GetFields(System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.Public);

        Assert.Equal(offsets, string.Join(", ", fields.Select(field => $"{field.Name} {Marshal.OffsetOf(type, field.Name)}")));
    }

    [Fact]
    public void Every_struct_of_the_interop_is_in_the_table()
    {
        var structs = typeof(SubmissionEntry).Assembly.GetTypes()
            .Where(type => type is { IsValueType: true, IsEnum: false, IsNested: false } && s_interop.Contains(type.Namespace));
        var table = typeof(LayoutTests).GetMethod(nameof(Every_field_has_its_offset))!
            .GetCustomAttributesData()
            .Where(attribute => attribute.AttributeType == typeof(InlineDataAttribute))
            .SelectMany(attribute => (IEnumerable<System.Reflection.CustomAttributeTypedArgument>)attribute.ConstructorArguments[0].Value!)
            .Select(argument => argument.Value)
            .OfType<Type>();

        Assert.Equal(structs.Select(type => type.Name).Order(StringComparer.Ordinal), table.Select(type => type.Name).Order(StringComparer.Ordinal));
    }
}
