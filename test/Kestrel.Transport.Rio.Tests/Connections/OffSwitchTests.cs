using Kestrel.Transport.Rio.Connections;
using Kestrel.Transport.Rio.Hosting;
using Xunit;

namespace Kestrel.Transport.Rio.Tests.Connections;

public sealed class OffSwitchTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("\t\n")]
    [InlineData("on")]
    [InlineData("ON")]
    [InlineData("oN")]
    [InlineData(" on ")]
    [InlineData("1")]
    [InlineData("1\n")]
    [InlineData("true")]
    [InlineData("True")]
    [InlineData("\tTRUE")]
    [InlineData("yes")]
    [InlineData("Yes ")]
    [InlineData("yEs")]
    public void Rio_serves_when_nothing_or_a_plain_yes_stands_there(string? variable)
        => Assert.False(OffSwitch.IsOff(variable, out _));

    [Theory]
    [InlineData("off", "off")]
    [InlineData("OFF", "OFF")]
    [InlineData(" off\n", "off")]
    [InlineData("0", "0")]
    [InlineData("false", "false")]
    [InlineData("no", "no")]
    [InlineData("disabled", "disabled")]
    [InlineData("of", "of")]
    [InlineData("o n", "o n")]
    [InlineData("on!", "on!")]
    [InlineData("\"on\"", "\"on\"")]
    [InlineData("on,off", "on,off")]
    [InlineData("01", "01")]
    [InlineData("1.0", "1.0")]
    [InlineData("2", "2")]
    [InlineData("-1", "-1")]
    [InlineData("y", "y")]
    [InlineData("enabled", "enabled")]
    [InlineData("\0", "\0")]
    public void Any_other_value_switches_it_off_and_is_what_the_warning_names(string variable, string named)
    {
        Assert.True(OffSwitch.IsOff(variable, out var value));
        Assert.Equal(named, value);
    }

    /// <summary>Full-width letters and digits, and the o of Cyrillic.</summary>
    [Theory]
    [InlineData("\uFF4F\uFF4E")]
    [InlineData("\uFF11")]
    [InlineData("\u043En")]
    public void What_only_looks_like_a_yes_switches_it_off(string variable) => Assert.True(OffSwitch.IsOff(variable, out _));
}
