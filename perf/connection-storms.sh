#!/usr/bin/env bash
# Storms of connections against the sample, all on this machine, and what is left of them afterwards.
#   perf/connection-storms.sh [the sample's own options, such as --transport sockets or --scheduling inline]
# 1. requests over many connections, HTTP/1.1, then HTTP/2;  2. idle connections held while others are served;
# 3. connect-request-close cycles. Then everything that the storms took has to come back within a deadline: connections,
# rented blocks, outstanding requests, descriptors. Prints the figures before, during and after; fails when a request
# failed or something did not come back. Needs h2load (Debian: nghttp2-client) and curl.
# By environment: REQUESTS, CLIENTS, IDLE, CYCLES, ROUNDS (of it all: memory must not grow from one to the next), PORT.
set -euo pipefail
cd "$(dirname "$0")/.."

requests=${REQUESTS:-100000}
clients=${CLIENTS:-1000}
idle=${IDLE:-10000}
cycles=${CYCLES:-20000}
rounds=${ROUNDS:-2}
port=${PORT:-5090}
storm_seconds=120
settle_seconds=60
http=http://127.0.0.1:$port
https=https://127.0.0.1:$((port + 1))
sample=samples/HelloRio/bin/Release/net10.0/HelloRio
connection_load=perf/ConnectionLoad/bin/Release/net10.0/ConnectionLoad

scratch=$(mktemp -d)
failures=0
server=
stop_server() {
  [ -n "$server" ] || return 0
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}
trap 'exec 4>&-; stop_server; rm -rf "$scratch"' EXIT

stop() {
  echo "connection-storms: $*" >&2
  exit 1
}

failure() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# Every connection is a descriptor on either side, and the two sides are different processes.
descriptors=$((idle + 2 * clients + 1000))
ulimit -n "$descriptors" 2>/dev/null || [ "$(ulimit -n)" = unlimited ] || [ "$(ulimit -n)" -ge "$descriptors" ] \
  || stop "$descriptors open files are needed and $(ulimit -Hn) allowed; raise the limit or lower IDLE"
command -v h2load >/dev/null || stop 'h2load is needed (build/install.sh tests)'

start_server() {
  "$sample" --urls "$http" --https-port "$((port + 1))" --echo-port off "$@" >"$scratch/server.log" 2>&1 </dev/null &
  server=$!
  for _ in $(seq 100); do
    curl -sf -o /dev/null "$http/plaintext" && return
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  stop "the sample did not start: $(cat "$scratch/server.log")"
}

# Reads the figures, after a full collection, into a file of "name value" lines. Reading takes a connection itself, so
# "nothing left" is what was there before the first storm, read in the same way.
read_figures() {
  curl -sf --max-time 20 "$http/figures?collect=true" | grep -oE '"[A-Za-z_.]+":-?[0-9]+' | tr -d '"' | tr ':' ' ' >"$scratch/$1" \
    || stop "no figures: $(tail -n 5 "$scratch/server.log")"
}

figure() {
  awk -v name="$2" '$1 == name { print $2 }' "$scratch/$1"
}

# What is left of the storms, in words; nothing when all came back.
leftovers() {
  local name before now
  for name in rio.connections.active rio.memory.blocks.rented rio.requests.outstanding openDescriptors; do
    before=$(figure before "$name") now=$(figure "$1" "$name")
    if [ -n "$before" ] && [ "$now" -gt "$before" ]; then
      echo "$name is $now and was $before"
    fi
  done
}

settle() {
  local deadline=$((SECONDS + settle_seconds)) left
  while true; do
    read_figures "$1"
    left=$(leftovers "$1")
    [ -n "$left" ] || return 0
    if [ "$SECONDS" -ge "$deadline" ]; then
      failure "not everything came back within $settle_seconds s: $left"
      return 0
    fi
    sleep 0.5
  done
}

# storm NAME h2load-arguments…
storm() {
  local name=$1 line
  shift
  if ! timeout "$storm_seconds" h2load "$@" >"$scratch/h2load" 2>&1 </dev/null; then
    failure "$name: h2load ended badly: $(tail -n 3 "$scratch/h2load")"
    return
  fi
  line=$(grep '^requests:' "$scratch/h2load")
  echo "$name: $line ($(sed -n 's/^finished in \([^,]*\), \([^,]*\),.*/\1, \2/p' "$scratch/h2load"))"
  case $line in
    *" $requests succeeded, 0 failed, 0 errored, 0 timeout"*) ;;
    *) failure "$name" ;;
  esac
}

hold_idle_and_serve_others() {
  local load
  mkfifo "$scratch/release.$1"
  "$connection_load" idle --port "$port" --count "$idle" --seconds "$storm_seconds" \
    <"$scratch/release.$1" >"$scratch/idle" 2>&1 &
  load=$!
  exec 4>"$scratch/release.$1"
  until grep -q 'held' "$scratch/idle"; do
    kill -0 "$load" 2>/dev/null || break
    sleep 0.2
  done
  read_figures "idle$1"
  storm "HTTP/1.1 while $idle connections are idle" --h1 -n "$requests" -c 100 "$http/plaintext"
  exec 4>&-
  wait "$load" || failure 'idle connections'
  cat "$scratch/idle"
}

cycle() {
  timeout "$storm_seconds" "$connection_load" cycles --port "$port" --count "$cycles" --seconds "$storm_seconds" </dev/null \
    || failure 'connect-request-close cycles'
}

dotnet build -c Release --nologo -v quiet -clp:NoSummary samples/HelloRio >&2
dotnet build -c Release --nologo -v quiet -clp:NoSummary perf/ConnectionLoad >&2
start_server "$@"
cat "$scratch/server.log"

# A first request of every kind, so that what is made once does not count as left over.
curl -sfk -o /dev/null "$https/plaintext"
curl -sf -o /dev/null "$http/figures?collect=true"
sleep 1
read_figures before

columns=before
for round in $(seq "$rounds"); do
  echo "--- round $round of $rounds"
  storm 'HTTP/1.1' --h1 -n "$requests" -c "$clients" "$http/plaintext"
  storm 'HTTP/2 over TLS' -n "$requests" -c "$clients" "$https/plaintext"
  hold_idle_and_serve_others "$round"
  cycle
  settle "after$round"
  columns="$columns idle$round after$round"
done

grep -E '^(warn|fail|crit)' "$scratch/server.log" && failure 'the server logged the above'

echo
echo "| figure | ${columns// / | } |"
echo "| --- |$(printf ' ---: |%.0s' $columns)"
while read -r name _; do
  row="| $name |"
  for column in $columns; do
    row="$row $(figure "$column" "$name") |"
  done
  echo "$row"
done <"$scratch/after$rounds"

[ "$failures" -eq 0 ]
