#!/usr/bin/env bash
# Starts a Kestrel, sets 60 clients on it that follow random scripts, and stops it in the middle: 500 times in each scheduling mode, with the
# verifier between transport and provider, and then on Sockets. Ends with 0 when no byte was wrong, nothing was left after any stop, and a stop
# took as long as on Sockets, or 100 ms longer at most (by the median).
#   build/stops.sh [STOPS [other arguments of test/Kestrel.Transport.Rio.Torture]]
set -euo pipefail
cd "$(dirname "$0")/.."

stops=${1:-500}
allowed_milliseconds=100
project=test/Kestrel.Transport.Rio.Torture
dotnet build -c Release --nologo -v quiet -clp:NoSummary "$project" >&2

run() {
  "$project/bin/Release/net10.0/Kestrel.Transport.Rio.Torture" --stops "$stops" --clients 60 "$@"
}

milliseconds() {
  sed -n 's/.*a stop took \([0-9]*\) ms.*/\1/p' <<<"$1"
}

sockets=$(run --transport Sockets "${@:2}")
echo "$sockets"
for scheduling in Adaptive ThreadPool Inline; do
  rio=$(run --scheduling "$scheduling" "${@:2}")
  echo "$rio"
  if [ "$(milliseconds "$rio")" -gt $(($(milliseconds "$sockets") + allowed_milliseconds)) ]; then
    echo "PROBLEM: a stop takes more than $allowed_milliseconds ms longer than on Sockets" >&2
    exit 1
  fi
done
