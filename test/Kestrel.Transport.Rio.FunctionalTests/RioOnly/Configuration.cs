using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Kestrel.Transport.Rio.FunctionalTests.RioOnly;

/// <summary>Rio only: operators set options without a new build, developers have the last word.</summary>
public sealed class Configuration() : FunctionalTest(Engine.RioOnThreadPool)
{
    [Fact]
    public async Task Every_option_that_has_a_text_form_is_bound_from_the_section()
    {
        var host = await StartAsync(builder => builder.WebHost.UseRio(), new()
        {
            ["Kestrel:Rio:PollerCount"] = "3",
            ["Kestrel:Rio:ApplicationScheduling"] = "Inline",
            ["Kestrel:Rio:Fallback"] = "Throw",
            ["Kestrel:Rio:Backlog"] = "33",
            ["Kestrel:Rio:NoDelay"] = "false",
            ["Kestrel:Rio:MaxReadBufferSize"] = "100000",
            ["Kestrel:Rio:MaxWriteBufferSize"] = "0",
            ["Kestrel:Rio:WaitForDataBeforeAllocatingBuffer"] = "false",
            ["Kestrel:Rio:FinOnError"] = "true",
            ["Kestrel:Rio:MaxRegisteredMemory"] = "4194304",
            ["Kestrel:Rio:SlabSize"] = "131072",
            ["Kestrel:Rio:RegistrationGranularity"] = "Block",
            ["Kestrel:Rio:IdleReceiveSize"] = "128",
            ["Kestrel:Rio:ReturnedMemory"] = "Checked",
        });

        var options = host.Services.GetRequiredService<IOptions<RioTransportOptions>>().Value;
        Assert.Equal(3, options.PollerCount);
        Assert.Equal(ApplicationScheduling.Inline, options.ApplicationScheduling);
        Assert.Equal(UnavailableBehavior.Throw, options.Fallback);
        Assert.Equal(33, options.Backlog);
        Assert.False(options.NoDelay);
        Assert.Equal(100_000, options.MaxReadBufferSize);
        Assert.Equal(0, options.MaxWriteBufferSize);
        Assert.False(options.WaitForDataBeforeAllocatingBuffer);
        Assert.True(options.FinOnError);
        Assert.Equal(4_194_304, options.MaxRegisteredMemory);
        Assert.Equal(131_072, options.SlabSize);
        Assert.Equal(RegistrationGranularity.Block, options.RegistrationGranularity);
        Assert.Equal(128, options.IdleReceiveSize);
        Assert.Equal(ReturnedMemory.Checked, options.ReturnedMemory);
        await host.AssertServesAsync(Deadline);
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(true, true)]
    public async Task What_is_configured_takes_effect_unless_code_says_otherwise(bool? inCode, bool expected)
    {
        var noDelay = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var setup = new HostSetup().Raw(connection =>
        {
            noDelay.SetResult(connection.Features.GetRequiredFeature<IConnectionSocketFeature>().Socket.NoDelay);
            return Task.CompletedTask;
        });
        var host = await StartAsync(
            builder =>
            {
                if (inCode is { } value)
                {
                    builder.WebHost.UseRio(options => options.NoDelay = value);
                }
                else
                {
                    builder.WebHost.UseRio();
                }
            },
            new() { ["Kestrel:Rio:NoDelay"] = "false" },
            setup);

        using var client = await host.ConnectAsync(Deadline);

        Assert.Equal(expected, await noDelay.Task.WaitAsync(Deadline));
    }

    [Fact]
    public async Task Code_before_UseRio_wins_over_configuration_too()
    {
        var host = await StartAsync(
            builder =>
            {
                builder.Services.Configure<RioTransportOptions>(static options => options.PollerCount = 1);
                builder.Services.Configure<RioTransportOptions>(static options => options.Backlog = 11);
                builder.WebHost.UseRio(static options => options.Backlog = 22).UseRio();
            },
            new() { ["Kestrel:Rio:PollerCount"] = "3", ["Kestrel:Rio:Backlog"] = "33", ["Kestrel:Rio:IdleReceiveSize"] = "128" });

        var options = host.Services.GetRequiredService<IOptions<RioTransportOptions>>().Value;
        Assert.Equal((1, 22, 128), (options.PollerCount, options.Backlog, options.IdleReceiveSize));
    }

    [Fact]
    public async Task A_configured_value_out_of_range_stops_the_start_and_is_named()
    {
        var exception = await Assert.ThrowsAsync<OptionsValidationException>(
            () => StartAsync(builder => builder.WebHost.UseRio(), new() { ["Kestrel:Rio:PollerCount"] = "-12" }));

        Assert.Contains(nameof(RioTransportOptions.PollerCount), exception.Message, StringComparison.Ordinal);
        Assert.Contains("-12", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Invalid_configured_value_stops_the_start_and_names_its_place()
    {
        var exception = await Assert.ThrowsAsync<InvalidOperationException>(
            () => StartAsync(builder => builder.WebHost.UseRio(), new() { ["Kestrel:Rio:PollerCount"] = "many" }));

        Assert.Contains("Kestrel:Rio:PollerCount", exception.Message, StringComparison.Ordinal);
    }

    private async Task<TestHost> StartAsync(
        Action<WebApplicationBuilder> useRio, Dictionary<string, string?> configuration, HostSetup? setup = null)
    {
        var host = Keep(TestHost.Build(setup ?? new HostSetup(), builder =>
        {
            builder.Configuration.AddInMemoryCollection(configuration);
            useRio(builder);
        }));
        host.Logs.Expect(entry => entry.Exception is OptionsValidationException or InvalidOperationException);
        await host.StartAsync(Deadline);
        return host;
    }
}
