using LoadDriver.Machine;

namespace LoadDriver.Servers;

/// <summary>nginx with one worker that answers everything with the same thirteen bytes, from a folder of its own.</summary>
internal sealed class NginxServer : Server
{
    private readonly DirectoryInfo _folder;

    private NginxServer(Row row, ServerShape shape, ChildProcess process, int port, DirectoryInfo folder)
        : base(row, shape, process, port)
    {
        _folder = folder;
    }

    public static new async Task<Server> StartAsync(Row row, ServerShape shape, CancellationToken ended)
    {
        var nginx = RequiredTool.Nginx.Find() ?? throw new LoadFailedException(RequiredTool.Missing([RequiredTool.Nginx])!);
        var folder = Directory.CreateTempSubdirectory("rio-perf-nginx-");
        try
        {
            var port = Ports.Free();
            var configuration = Path.Combine(folder.FullName, "nginx.conf");
            await File.WriteAllTextAsync(configuration, Configuration(port), ended);
            var process = ChildProcess.Start(
                ServerPinning(shape), nginx, "-p", folder.FullName, "-e", "stderr", "-c", configuration);
            await Ports.WaitUntilServedAsync(port, process, ended);
            return new NginxServer(row, shape, process, port, folder);
        }
        catch
        {
            folder.Delete(recursive: true);
            throw;
        }
    }

    public override async ValueTask DisposeAsync()
    {
        // It does not watch its standard input, and it has nothing to lose.
        Process.Kill();
        await base.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    // One process in place of master and worker: it does a worker's work, stays who started it, and ends with a signal.
    private static string Configuration(int port) => $$"""
        daemon off;
        master_process off;
        worker_processes 1;
        worker_rlimit_nofile 20000;
        pid nginx.pid;
        error_log stderr crit;
        events { worker_connections 16384; }
        http {
          access_log off;
          keepalive_requests 1000000000;
          keepalive_timeout 3600;
          client_body_temp_path body;
          proxy_temp_path proxy;
          fastcgi_temp_path fastcgi;
          uwsgi_temp_path uwsgi;
          scgi_temp_path scgi;
          default_type text/plain;
          server {
            listen 127.0.0.1:{{port}} backlog=4096;
            location / { return 200 "Hello, World!"; }
          }
        }
        """;
}
