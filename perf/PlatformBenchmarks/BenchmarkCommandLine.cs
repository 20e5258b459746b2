using System.CommandLine;
using System.CommandLine.Parsing;
using Kestrel.Transport.Rio;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace PlatformBenchmarks;

/// <summary>The arguments: their names and defaults, and what is said about a wrong one.</summary>
internal sealed class BenchmarkCommandLine
{
    private readonly Option<TransportKind> _transport = new("--transport")
    {
        Description = "What serves: rio or sockets. A fallback is refused. [default: rio]",
        CustomParser = Name<TransportKind>,
    };

    private readonly Option<ApplicationScheduling?> _scheduling = new("--scheduling")
    {
        Description = $"Where application code runs: {Names<ApplicationScheduling>()}. With sockets, inline means its"
            + " UnsafePreferInlineScheduling. [default: the transport's]",
        CustomParser = argument => Name<ApplicationScheduling>(argument),
    };

    private readonly Option<ApplicationScheduling?> _second = new("--second")
    {
        Description = "A second server in the same process, with this scheduling, each of whose ports is one higher. [default: none]",
        CustomParser = argument => Name<ApplicationScheduling>(argument),
    };

    private readonly Option<int?> _pollers = new("--pollers")
    {
        Description = "How many pollers; with sockets, how many I/O queues. [default: the transport's]",
    };

    private readonly Option<string[]> _urls = new("--urls")
    {
        Description = "The addresses, http or https, separated by semicolons. Port 0 takes a free one.",
        DefaultValueFactory = _ => ["http://127.0.0.1:5000"],
        CustomParser = argument => argument.Tokens[0].Value.Split(';', StringSplitOptions.RemoveEmptyEntries),
    };

    private readonly Option<string> _protocols = new Option<string>("--protocols")
    {
        Description = "With http://, http2 is HTTP/2 with prior knowledge.",
        DefaultValueFactory = _ => "http1",
    }.AcceptOnlyFromAmong("http1", "http2", "http1and2");

    private readonly Option<int?> _http2 = new("--http2")
    {
        Description = "A port on 127.0.0.1 for HTTP/2 with prior knowledge, besides the others. [default: none]",
    };

    private readonly Option<int?> _echo = new("--echo")
    {
        Description = "The port of a raw TCP echo on 127.0.0.1. [default: none]",
    };

    private readonly Option<bool> _control = new("--control")
    {
        Description = "Answers the commands 'figures' and 'collect' on standard input, and ends when that ends.",
    };

    private readonly RootCommand _command;

    public BenchmarkCommandLine()
    {
        _command = new RootCommand("Serves /plaintext, /json, /async, /blocking, /bytes/{n} and /upload for measurements.")
        {
            _transport, _scheduling, _second, _pollers, _urls, _protocols, _http2, _echo, _control,
        };
    }

    /// <summary>The options; or null with the exit code, after help or what is wrong.</summary>
    public BenchmarkOptions? Parse(string[] args, out int exitCode)
    {
        var parsed = _command.Parse(args);
        if (parsed.Action is not null || parsed.Errors.Count > 0)
        {
            exitCode = parsed.Invoke();
            return null;
        }

        var transport = parsed.GetValue(_transport);
        var scheduling = parsed.GetValue(_scheduling)
            ?? (transport == TransportKind.Sockets ? ApplicationScheduling.ThreadPool : new RioTransportOptions().ApplicationScheduling);
        ApplicationScheduling[] schedulings = [scheduling, parsed.GetValue(_second) ?? ApplicationScheduling.Inline];
        if (transport == TransportKind.Sockets && schedulings.Contains(ApplicationScheduling.Adaptive))
        {
            Console.Error.WriteLine("Sockets knows the schedulings threadpool and inline only.");
            exitCode = 2;
            return null;
        }

        exitCode = 0;
        return new BenchmarkOptions
        {
            Transport = transport,
            Scheduling = scheduling,
            SecondScheduling = parsed.GetValue(_second),
            Pollers = parsed.GetValue(_pollers),
            Addresses = [.. parsed.GetRequiredValue(_urls).Select(BindingAddress.Parse)],
            Protocols = parsed.GetValue(_protocols) switch
            {
                "http2" => HttpProtocols.Http2,
                "http1and2" => HttpProtocols.Http1AndHttp2,
                _ => HttpProtocols.Http1,
            },
            Http2Port = parsed.GetValue(_http2),
            EchoPort = parsed.GetValue(_echo),
            Control = parsed.GetValue(_control),
        };
    }

    private static string Names<T>()
        where T : struct, Enum => string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant();

    // By name alone: a number would be taken for any value, also for one that is none.
    private static T Name<T>(ArgumentResult argument)
        where T : struct, Enum
    {
        var given = argument.Tokens[0].Value;
        var name = Enum.GetNames<T>().FirstOrDefault(name => name.Equals(given, StringComparison.OrdinalIgnoreCase));
        if (name is not null)
        {
            return Enum.Parse<T>(name);
        }

        argument.AddError($"'{given}' is not one of {Names<T>()}.");
        return default;
    }
}
