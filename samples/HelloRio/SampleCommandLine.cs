using System.CommandLine;
using System.CommandLine.Parsing;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using Kestrel.Transport.Rio;

namespace HelloRio;

/// <summary>The arguments of the sample: their names, defaults, and what is said about a wrong one.</summary>
internal sealed class SampleCommandLine
{
    private const int MostPollers = 1024;

    private readonly Option<SampleTransport> _transport = new("--transport")
    {
        Description = "What serves: rio or sockets. [default: rio]",
        HelpName = "rio|sockets",
        CustomParser = argument => Word(argument, ("rio", SampleTransport.Rio), ("sockets", SampleTransport.Sockets)),
    };

    private readonly Option<ApplicationScheduling?> _scheduling = new("--scheduling")
    {
        Description = "Where application code runs: threadpool, inline or adaptive. With sockets, inline means its own unsafe inline"
            + " scheduling. [default: the transport's]",
        HelpName = "threadpool|inline|adaptive",
        CustomParser = argument => Word<ApplicationScheduling?>(
            argument,
            ("threadpool", ApplicationScheduling.ThreadPool),
            ("inline", ApplicationScheduling.Inline),
            ("adaptive", ApplicationScheduling.Adaptive)),
    };

    private readonly Option<int?> _pollers = new("--pollers")
    {
        Description = "How many pollers; with sockets, how many I/O queues. [default: the transport's]",
        HelpName = "N",
        CustomParser = argument => Number(argument, 1, MostPollers),
    };

    private readonly Option<IReadOnlyList<BindingAddress>> _urls = new("--urls")
    {
        Description = "The addresses to serve, separated by semicolons. Port 0 takes a free one.",
        HelpName = "URL[;URL]",
        DefaultValueFactory = _ => [BindingAddress.Parse("http://127.0.0.1:5000")],
        CustomParser = Addresses,
    };

    private readonly Option<int> _httpsPort = new("--https-port")
    {
        Description = "The port of HTTPS on 127.0.0.1, with a certificate made at start; 0 or off for none.",
        HelpName = "PORT|off",
        DefaultValueFactory = _ => 5001,
        CustomParser = Port,
    };

    private readonly Option<int> _echoPort = new("--echo-port")
    {
        Description = "The port of the raw TCP echo on 127.0.0.1; 0 or off for none.",
        HelpName = "PORT|off",
        DefaultValueFactory = _ => 5002,
        CustomParser = Port,
    };

    private readonly Option<int> _http2Port = new("--http2-port")
    {
        Description = "The port of HTTP/2 without TLS (with prior knowledge) on 127.0.0.1; 0 or off for none.",
        HelpName = "PORT|off",
        DefaultValueFactory = _ => SampleOptions.Disabled,
        CustomParser = Port,
    };

    private readonly Option<string> _figures = new("--figures")
    {
        Description = "Whether /figures listens to the meters of the transport and the memory pool: on or off."
            + " [default: on]",
        HelpName = "on|off",
        CustomParser = argument => Word(argument, ("on", "on"), ("off", "off")),
    };

    private readonly RootCommand _command;

    public SampleCommandLine()
    {
        _command = new RootCommand("Serves HTTP, HTTPS, WebSockets and a raw TCP echo over registered I/O or Sockets.")
        {
            _transport, _scheduling, _pollers, _urls, _httpsPort, _http2Port, _echoPort, _figures,
        };
    }

    /// <summary>The options; or null with the exit code, after help, the version or one line about a mistake.</summary>
    public SampleOptions? Parse(string[] args, out int exitCode)
    {
        var parsed = _command.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Console.Error.WriteLine($"HelloRio: {parsed.Errors[0].Message} (--help shows what there is)");
            exitCode = 2;
            return null;
        }

        if (parsed.Action is not null)
        {
            // Only --help and --version bring an action. The application itself runs outside of the library, which would
            // otherwise answer Ctrl-C in place of the host.
            exitCode = parsed.Invoke();
            return null;
        }

        exitCode = 0;
        return new SampleOptions
        {
            Transport = parsed.GetValue(_transport),
            Scheduling = parsed.GetValue(_scheduling),
            Pollers = parsed.GetValue(_pollers),
            Addresses = parsed.GetValue(_urls) ?? [],
            HttpsPort = parsed.GetValue(_httpsPort),
            Http2Port = parsed.GetValue(_http2Port),
            EchoPort = parsed.GetValue(_echoPort),
            Figures = parsed.GetValue(_figures) is not "off",
        };
    }

    private static T? Word<T>(ArgumentResult argument, params ReadOnlySpan<(string Word, T Value)> words)
    {
        var given = argument.Tokens[0].Value;
        foreach (var (word, value) in words)
        {
            if (word.Equals(given, StringComparison.OrdinalIgnoreCase))
            {
                return value;
            }
        }

        Refuse(argument, given, $"{words[0].Word} or {words[1].Word}");
        return default;
    }

    private static int Port(ArgumentResult argument) =>
        argument.Tokens[0].Value.Equals("off", StringComparison.OrdinalIgnoreCase)
            ? SampleOptions.Disabled
            : Number(argument, 0, ushort.MaxValue) ?? SampleOptions.Disabled;

    private static int? Number(ArgumentResult argument, int least, int most)
    {
        var given = argument.Tokens[0].Value;
        if (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most)
        {
            return number;
        }

        Refuse(argument, given, $"a number from {least} to {most}");
        return null;
    }

    private static List<BindingAddress> Addresses(ArgumentResult argument)
    {
        var addresses = new List<BindingAddress>();
        foreach (var url in argument.Tokens[0].Value.Split(';'))
        {
            if (!TryParse(url, out var address))
            {
                Refuse(argument, url, "like http://127.0.0.1:5000 (or localhost, [::1], *, unix:/path), with a port up to 65535 and no path");
                return addresses;
            }

            addresses.Add(address);
        }

        return addresses;
    }

    private static bool TryParse(string url, [NotNullWhen(true)] out BindingAddress? address)
    {
        try
        {
            address = BindingAddress.Parse(url);
        }
        catch (FormatException)
        {
            address = null;
            return false;
        }

        // A name that Kestrel does not know would be served on every address of the machine; that is for "*" to say.
        return address.Scheme is "http" or "https"
            && address.PathBase.Length == 0
            && (address.IsUnixPipe || address.Port is >= 0 and <= ushort.MaxValue)
            && (address.IsUnixPipe || address.Host is "localhost" or "*" or "+" || IPAddress.TryParse(address.Host, out _));
    }

    private static void Refuse(ArgumentResult argument, string given, string valid)
    {
        var option = (argument.Parent as OptionResult)?.IdentifierToken?.Value;
        argument.AddError($"{option} '{given}' is wrong: it must be {valid}.");
    }
}
