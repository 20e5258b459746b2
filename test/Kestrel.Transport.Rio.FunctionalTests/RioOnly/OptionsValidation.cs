using System.ComponentModel;
using System.Reflection;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>
/// Rio only, for Sockets validates nothing: a mistake in the options is found when the host starts, and the message says
/// which option it is in and what it was set to.
/// </summary>
public sealed class OptionsValidation() : FunctionalTest(Engine.RioOnThreadPool)
{
    [Theory]
    [InlineData(nameof(RioTransportOptions.PollerCount), "0")]
    [InlineData(nameof(RioTransportOptions.PollerCount), "-1")]
    [InlineData(nameof(RioTransportOptions.PollerCount), "1025")]
    [InlineData(nameof(RioTransportOptions.ApplicationScheduling), "7")]
    [InlineData(nameof(RioTransportOptions.Fallback), "7")]
    [InlineData(nameof(RioTransportOptions.Backlog), "0")]
    [InlineData(nameof(RioTransportOptions.Backlog), "-5")]
    [InlineData(nameof(RioTransportOptions.MaxReadBufferSize), "-1")]
    [InlineData(nameof(RioTransportOptions.MaxWriteBufferSize), "-1")]
    [InlineData(nameof(RioTransportOptions.MaxRegisteredMemory), "-1")]
    [InlineData(nameof(RioTransportOptions.MaxRegisteredMemory), "0")]
    [InlineData(nameof(RioTransportOptions.MaxRegisteredMemory), "1048575")]
    [InlineData(nameof(RioTransportOptions.SlabSize), "0")]
    [InlineData(nameof(RioTransportOptions.SlabSize), "61440")]
    [InlineData(nameof(RioTransportOptions.SlabSize), "65537")]
    [InlineData(nameof(RioTransportOptions.SlabSize), "1073745920")]
    [InlineData(nameof(RioTransportOptions.RegistrationGranularity), "7")]
    [InlineData(nameof(RioTransportOptions.ReturnedMemory), "3")]
    [InlineData(nameof(RioTransportOptions.IdleReceiveSize), "0")]
    [InlineData(nameof(RioTransportOptions.IdleReceiveSize), "100")]
    [InlineData(nameof(RioTransportOptions.IdleReceiveSize), "2112")]
    public async Task An_option_out_of_range_stops_the_start_and_is_named_with_its_value(string option, string value)
    {
        var exception = await ThrowsAtStartAsync(options => Set(options, option, value));

        Assert.Contains(option, exception.Message, StringComparison.Ordinal);
        Assert.Contains(value, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_factory_of_listen_sockets_stops_the_start_and_is_named()
    {
        var exception = await ThrowsAtStartAsync(options => options.CreateBoundListenSocket = null!);

        Assert.Contains(nameof(RioTransportOptions.CreateBoundListenSocket), exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_mistakes_are_named_together()
    {
        var exception = await ThrowsAtStartAsync(options =>
        {
            options.PollerCount = 0;
            options.Backlog = 0;
        });

        Assert.Contains(nameof(RioTransportOptions.PollerCount), exception.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(RioTransportOptions.Backlog), exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(RioTransportOptions.PollerCount), "1")]
    [InlineData(nameof(RioTransportOptions.PollerCount), "7")]
    [InlineData(nameof(RioTransportOptions.Backlog), "1")]
    [InlineData(nameof(RioTransportOptions.MaxReadBufferSize), "0")]
    [InlineData(nameof(RioTransportOptions.MaxReadBufferSize), "1")]
    [InlineData(nameof(RioTransportOptions.MaxWriteBufferSize), "0")]
    [InlineData(nameof(RioTransportOptions.MaxWriteBufferSize), "1")]
    [InlineData(nameof(RioTransportOptions.MaxRegisteredMemory), "1048576")]
    [InlineData(nameof(RioTransportOptions.SlabSize), "65536")]
    [InlineData(nameof(RioTransportOptions.SlabSize), "69632")]
    [InlineData(nameof(RioTransportOptions.RegistrationGranularity), "1")]
    [InlineData(nameof(RioTransportOptions.ReturnedMemory), "1")]
    [InlineData(nameof(RioTransportOptions.ReturnedMemory), "2")]
    [InlineData(nameof(RioTransportOptions.IdleReceiveSize), "64")]
    [InlineData(nameof(RioTransportOptions.IdleReceiveSize), "2048")]
    public async Task An_option_at_the_edge_of_its_range_serves(string option, string value)
    {
        const long Length = 300_000;
        var host = Keep(TestHost.Build(new HostSetup(), builder => builder.WebHost.UseRio(options =>
        {
            options.Fallback = UnavailableBehavior.Throw;
            Set(options, option, value);
        })));
        await host.StartAsync(Deadline);
        using var content = new PatternContent(Length, chunked: false);

        using var upload = await host.Http.PostAsync(new Uri("hash", UriKind.Relative), content, Deadline);
        Assert.Equal(Pattern.Digest(Length), await upload.Content.ReadAsStringAsync(Deadline));

        await using var download = await host.Http.GetStreamAsync(new Uri($"bytes?n={Length}", UriKind.Relative), Deadline);
        Assert.Equal(Pattern.Digest(Length), await Pattern.DigestAsync(download, Deadline));
    }

    /// <summary>
    /// A WebApplication makes its server, and with it the transports, when it is built already; a generic host when it starts.
    /// </summary>
    private Task<OptionsValidationException> ThrowsAtStartAsync(Action<RioTransportOptions> configure) =>
        Assert.ThrowsAsync<OptionsValidationException>(async () =>
        {
            var host = Keep(TestHost.Build(new HostSetup(), builder => builder.WebHost.UseRio(configure)));
            host.Logs.Expect(entry => entry.Exception is OptionsValidationException);
            await host.StartAsync(Deadline);
        });

    private static void Set(RioTransportOptions options, string option, string value)
    {
        var property = typeof(RioTransportOptions).GetProperty(option, BindingFlags.Public | BindingFlags.Instance)!;
        var converter = TypeDescriptor.GetConverter(property.PropertyType);
        property.SetValue(options, property.PropertyType.IsEnum
            ? Enum.ToObject(property.PropertyType, int.Parse(value, System.Globalization.CultureInfo.InvariantCulture))
            : converter.ConvertFromInvariantString(value));
    }
}
