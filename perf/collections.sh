#!/usr/bin/env bash
# How often a server collects garbage, with this transport in each scheduling mode and with Sockets, one after the other: collections of
# each generation per million requests, and allocated bytes per request. All of it is the server process's own, which has one core; wrk has
# the other. Loads: plaintext and JSON over connections that stay, and a connection for each request. A collection of a generation collects
# those below it too, and counts as one of theirs. Prints a Markdown table, and fails when a request has.
# Loopback only; about 3 minutes.
#   perf/collections.sh > table.md
# By environment: CONNECTIONS, SECONDS_EACH (of a load), WARM_UP (seconds, of a server), ROWS, PORT.
set -euo pipefail
cd "$(dirname "$0")/.."

connections=${CONNECTIONS:-64}
seconds=${SECONDS_EACH:-10}
warm_up=${WARM_UP:-8}
warm_up_of_load=2
rows=${ROWS:-sockets rio-threadpool rio-inline rio-adaptive}
port=${PORT:-5495}
url=http://127.0.0.1:$port
server_program=perf/PlatformBenchmarks/bin/Release/net10.0/PlatformBenchmarks

[ "$(nproc)" -ge 2 ] || { echo 'Two processors are needed: one for the server, one for the clients.' >&2; exit 1; }
command -v wrk >/dev/null || { echo 'Missing: wrk (build/install.sh load).' >&2; exit 1; }
dotnet build -c Release --nologo -v quiet -clp:NoSummary perf/PlatformBenchmarks >&2

server=''
stop() {
  exec 3<&- 4>&-
  [ -z "$server" ] || wait "$server" 2>/dev/null || true
  server=''
}
trap stop EXIT

# Its standard input and output are the channel for its figures, so that asking takes no connection. It ends when its input does.
start() {
  local line scheduling=${1#rio-}
  [ "$1" = sockets ] && scheduling=threadpool
  coproc CHANNEL { exec taskset -c 0 "$server_program" --transport "${1%%-*}" --scheduling "$scheduling" --urls "$url" --control; }
  server=$CHANNEL_PID

  # Subshells do not have those of the coprocess.
  exec 3<&"${CHANNEL[0]}"- 4>&"${CHANNEL[1]}"-
  while read -r -t 30 line <&3; do
    [ "$line" != ready ] || return 0
  done
  echo "PROBLEM: the server of $1 has not started" >&2
  exit 1
}

# Collections of generation 0, 1 and 2, and allocated bytes, since the server's start.
figures() {
  local line name
  echo figures >&4
  read -r -t 30 line <&3 || { echo 'PROBLEM: the server gives no figures' >&2; exit 1; }
  for name in gen0Collections gen1Collections gen2Collections allocatedBytes; do
    [[ $line =~ \"$name\":([0-9]+) ]] || { echo "PROBLEM: no $name in: $line" >&2; exit 1; }
    echo "${BASH_REMATCH[1]}"
  done
}

# Seconds and arguments of wrk; prints how many requests were answered.
load() {
  local said
  said=$(taskset -c 1 wrk -t1 -c"$connections" -d"$1"s "${@:2}" </dev/null)
  if grep -qE 'Socket errors|Non-2xx' <<<"$said"; then
    echo "PROBLEM: $(grep -E 'Socket errors|Non-2xx' <<<"$said")" >&2
    exit 1
  fi
  awk '/ requests in / { print $1 }' <<<"$said"
}

measure() {
  local row=$1 name=$2 before after requests
  load "$warm_up_of_load" "${@:3}" >/dev/null
  before=$(figures)
  requests=$(load "$seconds" "${@:3}")
  after=$(figures)
  awk -v row="$row" -v name="$name" -v requests="$requests" '
    NR == FNR { before[FNR] = $1; next }
    { spent[FNR] = ($1 - before[FNR]) / requests }
    END { printf "| %s | %s | %d | %.1f | %.1f | %.1f | %.0f |\n", row, name, requests, spent[1] * 1e6, spent[2] * 1e6, spent[3] * 1e6, spent[4] }
  ' <(echo "$before") <(echo "$after")
}

echo '| row | load | requests | generation 0, per million | generation 1 | generation 2 | allocated bytes per request |'
echo '| --- | --- | ---: | ---: | ---: | ---: | ---: |'
for row in $rows; do
  start "$row"
  load "$warm_up" "$url/plaintext" >/dev/null
  measure "$row" plaintext "$url/plaintext"
  measure "$row" JSON "$url/json"
  measure "$row" 'a connection each' -H 'Connection: close' "$url/plaintext"
  stop
done
