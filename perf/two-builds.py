#!/usr/bin/env python3
"""Compares this working tree with another commit: two servers, measured in turn, in one run.

Each pair of runs gives one ratio. The table has the median of the ratios and their quartiles. The server has core 0, the load core 1.
Prints a Markdown table. Loopback only; about 12 minutes.

  perf/two-builds.py COMMIT [--pairs 16] [--seconds 1] [--only PATTERN] [--scheduling adaptive]
"""
import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAM = 'perf/PlatformBenchmarks/bin/Release/net10.0/PlatformBenchmarks'
QUIET = dict(os.environ, MSBUILDDISABLENODEREUSE='1', DOTNET_CLI_USE_MSBUILD_SERVER='0', UseSharedCompilation='false')


def build(folder):
    subprocess.run(['dotnet', 'build', '-c', 'Release', '--nologo', '-v', 'quiet', 'perf/PlatformBenchmarks'],
                   cwd=folder, check=True, env=QUIET, stdout=sys.stderr)


class Server:
    def __init__(self, folder, port, scheduling):
        self.port = port
        self.process = subprocess.Popen(
            ['taskset', '-c', '0', os.path.join(folder, PROGRAM), '--transport', 'rio', '--scheduling', scheduling,
             '--urls', f'http://127.0.0.1:{port};https://127.0.0.1:{port + 1}', '--http2', str(port + 2)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        said = ''
        for line in self.process.stdout:
            said += line
            if line.strip() == 'ready':
                return
        raise SystemExit(f'The server has not started: {said}')

    def processor_time(self):
        """Nanoseconds of all threads. One may end while they are read."""
        total = 0
        for thread in os.listdir(f'/proc/{self.process.pid}/task'):
            try:
                with open(f'/proc/{self.process.pid}/task/{thread}/schedstat', encoding='ascii') as times:
                    total += int(times.read().split()[0])
            except OSError:
                pass
        return total


def wrk(server, seconds, path, connections, *arguments):
    output = load('wrk', '-t1', f'-c{connections}', f'-d{seconds}s', '--timeout', '60s', '-s', os.path.join(ROOT, 'perf/LoadDriver/wrk.lua'),
                  f'http://127.0.0.1:{server.port}{path}', '--', *arguments)
    figures = dict(part.split('=') for part in re.search(r'^figures (.*)$', output, re.M).group(1).split())
    if any(int(figures[kind]) for kind in ('connect', 'read', 'write', 'status', 'timeout')):
        raise SystemExit(f'PROBLEM: requests have failed: {figures}')
    return int(figures['requests']), int(figures['p50'])


def h2load(server, seconds, port, scheme, *arguments):
    output = load('h2load', '-t1', f'-D{seconds}', *arguments, f'{scheme}://127.0.0.1:{server.port + port}/plaintext')
    succeeded, failed = re.search(r'(\d+) succeeded, (\d+) failed', output).groups()
    if int(failed):
        raise SystemExit(f'PROBLEM: {failed} requests have failed.')
    return int(succeeded), None


def load(*command):
    return subprocess.run(['taskset', '-c', '1', *command], capture_output=True, text=True, check=True).stdout


WORKLOADS = [
    ('plaintext, 64 connections', lambda s, t: wrk(s, t, '/plaintext', 64)),
    ('plaintext, 64 connections, 16 requests in a write', lambda s, t: wrk(s, t, '/plaintext', 64, 'depth', '16')),
    ('one connection', lambda s, t: wrk(s, t, '/plaintext', 1)),
    ('plaintext, 256 connections', lambda s, t: wrk(s, t, '/plaintext', 256)),
    ('plaintext, 256 connections, 16 requests in a write', lambda s, t: wrk(s, t, '/plaintext', 256, 'depth', '16')),
    ('plaintext, 1,024 connections', lambda s, t: wrk(s, t, '/plaintext', 1024)),
    ('JSON, 256 connections', lambda s, t: wrk(s, t, '/json', 256)),
    ('connect, one request, close', lambda s, t: wrk(s, t, '/plaintext', 64, 'close')),
    ('256 connections, 30,000 requests/s', lambda s, t: h2load(s, t, 0, 'http', '--h1', '-c256', '--rps', '117')),
    ('download of 1 MiB bodies', lambda s, t: wrk(s, t, '/bytes/1048576', 16)),
    ('upload of 1 MiB bodies', lambda s, t: wrk(s, t, '/upload', 16, 'upload', '1048576')),
    ('HTTPS, 64 connections', lambda s, t: h2load(s, t, 1, 'https', '--h1', '-c64')),
    ('HTTP/2, 64 connections of 16 streams', lambda s, t: h2load(s, t, 2, 'http', '-c64', '-m16')),
]


def measure(server, run, seconds):
    before = server.processor_time()
    requests, p50 = run(server, seconds)
    return (server.processor_time() - before) / 1000 / requests, p50


def summary(ratios):
    ratios = sorted(ratios)
    quarter = len(ratios) // 4
    return f'{statistics.median(ratios):.3f} ({ratios[quarter]:.3f} to {ratios[-1 - quarter]:.3f})'


def compare(old, new, name, run, pairs, seconds):
    for server in (old, new):
        run(server, 1)
    cpu, p50, figures = [], [], {old: [], new: []}
    for pair in range(pairs):
        result = {server: measure(server, run, seconds) for server in ((old, new) if pair % 2 else (new, old))}
        cpu.append(result[new][0] / result[old][0])
        if result[old][1]:
            p50.append(result[new][1] / result[old][1])
        for server in (old, new):
            figures[server].append(result[server][0])
    print(f'| {name} | {statistics.median(figures[old]):.2f} | {statistics.median(figures[new]):.2f} | {summary(cpu)} | '
          f'{summary(p50) if p50 else ""} |', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('commit')
    parser.add_argument('--pairs', type=int, default=16)
    parser.add_argument('--seconds', type=int, default=1)
    parser.add_argument('--warm-up', type=int, default=8)
    parser.add_argument('--only', default='')
    parser.add_argument('--scheduling', default='adaptive')
    parser.add_argument('--port', type=int, default=6100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        other = os.path.join(folder, 'other')
        subprocess.run(['git', 'worktree', 'add', '--quiet', '--detach', other, options.commit], cwd=ROOT, check=True)
        servers = []
        try:
            build(other)
            build(ROOT)
            servers = [Server(other, options.port, options.scheduling), Server(ROOT, options.port + 10, options.scheduling)]
            for _ in range(options.warm_up):
                for server in servers:
                    wrk(server, 1, '/plaintext', 64)
            print('| work | CPU per request before, µs | now, µs | CPU, now / before | p50, now / before |\n| --- | ---: | ---: | --- | --- |')
            for name, run in WORKLOADS:
                if re.search(options.only, name):
                    compare(*servers, name, run, options.pairs, options.seconds)
        finally:
            for server in servers:
                server.process.kill()
                server.process.wait()
            subprocess.run(['git', 'worktree', 'remove', '--force', other], cwd=ROOT, check=False)


if __name__ == '__main__':
    main()
