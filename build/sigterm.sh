#!/usr/bin/env bash
# Sends SIGTERM to a server process under 1,000 busy connections that check every byte, and 100 in TLS and HTTP/2: 15 times on Sockets and
# in each scheduling mode, in turn. Ends with 0 when no byte was wrong, no answer that had begun was cut or looked whole and was not, no
# connection hung, every process ended with 0 within the host's shutdown timeout, and a stop took as long as on Sockets, or 100 ms longer
# at most (by the median). And when of the requests under way in HTTP/1.1 none was left without an answer where Sockets leaves none; or, where
# it does, at most twice as many as there.
#   build/sigterm.sh [STOPS [other arguments of test/Kestrel.Transport.Rio.Torture]]
set -euo pipefail
cd "$(dirname "$0")/.."

project=test/Kestrel.Transport.Rio.Torture
ulimit -n 4096 2>/dev/null || [ "$(ulimit -n)" -ge 4096 ] || { echo '4096 open files are needed.' >&2; exit 1; }
dotnet build -c Release --nologo -v quiet -clp:NoSummary "$project" >&2
exec "$project/bin/Release/net10.0/Kestrel.Transport.Rio.Torture" --terminations "${1:-15}" --clients 1000 "${@:2}"
