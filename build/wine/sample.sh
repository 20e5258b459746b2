#!/usr/bin/env bash
# The sample as HelloRio.exe under Wine on the strict Winsock bench, with Linux programs as its clients.
#   build/wine.sh sample serve        100,000 requests from wrk, 10,000 over HTTP/2 from h2load, bodies by hash, a clean stop
#   build/wine.sh sample transitions  what it asks of Winsock for 1,000 requests, as a Markdown table (10 minutes, two cores)
# Installs, builds and publishes what is missing. Times under Wine say nothing and are not printed.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD

http_requests=100000
http2_requests=10000
wrk_seconds=8
wrk_rounds_at_most=20
transition_rounds=5
http_port=5680
http2_port=5681
sample=artifacts/winsock-sample/HelloRio.exe
work=$(mktemp -d)
server=
server_core=()
load_core=()

stop_quietly() {
  if [ -n "$server" ] && kill -0 "$server" 2>/dev/null; then
    kill -KILL "$server" 2>/dev/null || true
  fi
  rm -rf "$work"
}
trap stop_quietly EXIT

fail() {
  echo "FAILED: $*" >&2
  [ ! -e "$work/server.txt" ] || tail -20 "$work/server.txt" >&2
  exit 1
}

prepare() {
  build/install.sh curl:curl h2load:nghttp2-client wrk:wrk pgrep:procps taskset:util-linux
  dotnet publish samples/HelloRio -c Release -r win-x64 --self-contained -o "$(dirname "$sample")" -clp:ErrorsOnly
  dotnet build test/Kestrel.Transport.Rio.WinsockHook -c Release -o artifacts/winsock-hook -clp:ErrorsOnly
  # Wine's server goes with its last client, and a client that comes just then is lost: this one stays a little longer.
  WINEPREFIX=$root/artifacts/wine "$(compgen -G '/usr/lib/wine/wineserver64' || command -v wineserver)" -p20 2>/dev/null || true
}

start() {
  rm -f "$work/report.txt"
  # What is started in the background of a script ignores SIGINT, and that is what shall stop it.
  RIO_BENCH="owner=1;checksum=1" RIO_BENCH_REPORT="Z:${work//\//\\}\\report.txt" \
    env --default-signal=INT "${server_core[@]}" build/wine/run.sh "$sample" --urls "http://127.0.0.1:$http_port" --http2-port "$http2_port" \
    --https-port off --echo-port off --figures on "$@" >"$work/server.txt" 2>&1 &
  server=$!
  timeout 60 bash -c "until curl -fs -m 2 http://127.0.0.1:$http_port/plaintext >/dev/null; do kill -0 $server || exit 1; sleep 0.2; done" \
    || fail "HelloRio.exe does not serve"
  grep -q 'Serving on Winsock RIO' "$work/server.txt" || fail "HelloRio.exe does not serve on Winsock RIO"
  if [ ${#load_core[@]} -gt 0 ]; then
    # It may have been started by the server, and so where the server is.
    pgrep -x 'wineserver(64)?' | xargs -rn1 taskset -acp 1 >/dev/null || fail "Wine's own server could not be given its core"
  fi
}

stop() {
  local code=0
  kill -INT "$server"
  timeout 30 tail --pid="$server" -f /dev/null || fail "HelloRio.exe did not stop"
  wait "$server" || code=$?
  [ "$code" -eq 0 ] || fail "HelloRio.exe ended with exit code $code"
  server=
  [ "$(tail -1 "$work/report.txt" | tr -d '\r')" = 'verdict clean' ] || fail "the bench reports: $(cat "$work/report.txt")"
  ! grep '^outstanding' "$work/report.txt" | grep -qv ' 0' || fail "something is outstanding: $(grep '^outstanding' "$work/report.txt")"
}

# The number of requests that wrk says it made over so many connections, with so many in flight on each; none may have failed.
wrk_requests() {
  local connections=$1 depth=$2
  timeout $((wrk_seconds + 60)) "${load_core[@]}" wrk -t1 -c"$connections" -d"${wrk_seconds}s" --timeout 20s -s perf/LoadDriver/wrk.lua \
    "http://127.0.0.1:$http_port/plaintext" -- depth "$depth" >"$work/wrk.txt" || fail "wrk: $(cat "$work/wrk.txt")"
  ! grep -E 'Socket errors|Non-2xx' "$work/wrk.txt" || fail "wrk: $(cat "$work/wrk.txt")"
  sed -n 's/^ *\([0-9]*\) requests in .*/\1/p' "$work/wrk.txt"
}

serve() {
  local made=0 requests round sum
  start "$@"

  head -c 3000000 /dev/urandom >"$work/body"
  sum=$(sha256sum "$work/body" | cut -d' ' -f1)
  curl -fs -m 30 --data-binary @"$work/body" "http://127.0.0.1:$http_port/upload" | grep -qi "$sum" || fail "the upload's hash is wrong"
  curl -fs -m 30 "http://127.0.0.1:$http_port/json" | grep -q 'Hello, World!' || fail "/json is wrong"

  for ((round = 0; round < wrk_rounds_at_most && made < http_requests; round++)); do
    requests=$(wrk_requests 64 1)
    made=$((made + requests))
  done
  [ "$made" -ge "$http_requests" ] || fail "only $made of $http_requests requests in $wrk_rounds_at_most rounds"
  echo "HTTP/1.1 ($*): $made requests from wrk, no error"

  timeout 120 h2load -n "$http2_requests" -c 16 -m 16 "http://127.0.0.1:$http2_port/plaintext" >"$work/h2load.txt" || fail "h2load: $(cat "$work/h2load.txt")"
  grep -q "$http2_requests succeeded, 0 failed, 0 errored, 0 timeout" "$work/h2load.txt" || fail "h2load: $(cat "$work/h2load.txt")"
  echo "HTTP/2 ($*): $http2_requests requests from h2load, no error"

  stop
  echo "stopped ($*): the bench reports nothing outstanding and no breach"
}

counter() {
  sed -n "s/^counter $1 \([0-9]*\).*/\1/p" "$work/report.txt"
}

per_thousand() {
  awk -v n="$1" -v of="$2" 'BEGIN { printf "%.0f", 1000 * n / of }'
}

# What one run asks of Winsock for 1,000 requests, in the order of the table's columns.
count_once() {
  local scheduling=$1 depth=$2 connections=$3 made name
  start --pollers 1 --scheduling "$scheduling"
  made=$(wrk_requests "$connections" "$depth")
  stop
  for name in sends send_commits send_transitions receives notifies dequeues empty_dequeues; do
    printf '%s ' "$(per_thousand "$(counter "$name")" "$made")"
  done
  echo
}

# The medians of some runs, and of notifies the least and the most too: whether the client keeps the server busy differs most.
row() {
  local column values
  : >"$work/counts.txt"
  for ((round = 0; round < transition_rounds; round++)); do
    count_once "$@" >>"$work/counts.txt"
  done
  printf '| %s | %s | %s |' "$@"
  for column in 1 2 3 4 5 6 7; do
    mapfile -t values < <(cut -d' ' -f"$column" "$work/counts.txt" | sort -n)
    printf ' %s' "${values[transition_rounds / 2]}"
    [ "$column" -ne 5 ] || printf ' (%s to %s)' "${values[0]}" "${values[-1]}"
    printf ' |'
  done
  echo
}

# The server has a core to itself, and what it waits for has the other: a server that shares its core with Wine's own server,
# which does its I/O, is not busy but waits for that one.
give_cores() {
  [ "$(nproc)" -ge 2 ] || fail "the counts are of a busy server, which takes two cores"
  server_core=(taskset -c 0)
  load_core=(taskset -c 1)
}

transitions() {
  local scheduling depth connections
  give_cores
  echo '| scheduling | depth | connections | RIOSend | send commits | sends that enter the kernel | RIOReceive | RIONotify | dequeues | empty dequeues |'
  echo '| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
  for scheduling in inline threadpool; do
    for depth in 1 16; do
      for connections in 64 256; do
        row "$scheduling" "$depth" "$connections"
      done
    done
  done
}

case ${1:-} in
  serve)
    prepare
    serve --scheduling threadpool
    serve --scheduling inline ;;
  transitions)
    prepare
    transitions ;;
  *)
    sed -n '2,5s/^# \{0,1\}//p' "$0" >&2
    exit 2 ;;
esac
