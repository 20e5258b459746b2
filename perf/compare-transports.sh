#!/usr/bin/env bash
# Measures what a /plaintext request costs in CPU time on registered I/O, inline and on the thread pool, and on Sockets:
# the sample, pinned to core 0, against wrk on core 1, the transports in turn. Prints a Markdown table of medians.
#   perf/compare-transports.sh            about 8 minutes; needs wrk (Debian: wrk) and two cores
# CPU time per request is what to compare: a noisy machine disturbs it far less than requests per second.
# By environment: ROUNDS, DEPTHS (of the pipeline), CONNECTIONS, MEASURE and WARMUP (seconds a measurement), PORT.
# The warm-up is long because tiered compilation needs it.
set -euo pipefail
cd "$(dirname "$0")/.."

rounds=${ROUNDS:-3}
depths=${DEPTHS:-1 16}
connections=${CONNECTIONS:-64}
measure=${MEASURE:-10}
warmup=${WARMUP:-12}
port=${PORT:-5080}
transports='rio-inline rio-threadpool sockets'
url=http://127.0.0.1:$port/plaintext
sample=samples/HelloRio/bin/Release/net10.0/HelloRio

scratch=$(mktemp -d)
server=
stop_server() {
  [ -n "$server" ] || return 0
  kill -TERM "$server" 2>/dev/null || true
  wait "$server" 2>/dev/null || true
  server=
}
trap 'stop_server; rm -rf "$scratch"' EXIT

fail() {
  echo "compare-transports: $*" >&2
  exit 1
}

start_server() {
  local options
  case $1 in
    rio-inline) options='--transport rio --scheduling inline' ;;
    rio-threadpool) options='--transport rio --scheduling threadpool' ;;
    sockets) options='--transport sockets --scheduling threadpool' ;;
  esac
  # shellcheck disable=SC2086 # the options are words
  taskset -c 0 "$sample" $options --urls "http://127.0.0.1:$port" --https-port off --echo-port off --figures off \
    >"$scratch/server.log" 2>&1 </dev/null &
  server=$!
  for _ in $(seq 100); do
    if curl -sf -o "$scratch/answer" "$url"; then
      # A transport that fell back would be measured under a wrong name.
      case $1 in
        rio-*) grep -q 'Serving on' "$scratch/server.log" || fail "$1 does not serve on registered I/O: $(cat "$scratch/server.log")" ;;
      esac
      return
    fi
    kill -0 "$server" 2>/dev/null || break
    sleep 0.1
  done
  fail "$1 did not start: $(cat "$scratch/server.log")"
}

load() {
  taskset -c 1 wrk -t1 -c"$connections" -d"$1" --latency -s perf/pipeline.lua "$url" -- "$2"
}

# User and system time of the server so far, in ticks.
ticks() {
  awk '{ sub(/.*\) /, ""); print $12, $13 }' "/proc/$server/stat"
}

# Appends: transport depth requests/s p50 p99 user system total (the last three in microseconds a request).
measure_transport() {
  local transport=$1 depth=$2 before after
  load "$warmup" "$depth" >/dev/null
  before=$(ticks)
  load "$measure" "$depth" >"$scratch/wrk"
  after=$(ticks)
  if grep -E 'Socket errors|Non-2xx' "$scratch/wrk"; then
    fail "$transport answered with errors"
  fi

  awk -v transport="$transport" -v depth="$depth" -v before="$before" -v after="$after" -v hz="$(getconf CLK_TCK)" '
    function us(latency) {
      return latency * (latency ~ /us$/ ? 1 : latency ~ /ms$/ ? 1000 : 1000000)
    }
    / requests in / { n = $1 } /^Requests\/sec/ { rps = $2 } $1 == "50%" { p50 = $2 } $1 == "99%" { p99 = $2 }
    END {
      if (!n) exit 1
      split(before, b, " "); split(after, a, " "); f = 1e6 / hz / n; user = (a[1] - b[1]) * f; sys = (a[2] - b[2]) * f
      printf "%s %s %.0f %.0f %.0f %.2f %.2f %.2f\n", transport, depth, rps, us(p50), us(p99), user, sys, user + sys
    }' "$scratch/wrk" | tee -a "$scratch/measurements" >&2
}

command -v wrk >/dev/null || fail 'wrk is needed (Debian: apt-get install wrk)'
[ "$(nproc)" -ge 2 ] || fail 'two cores are needed, one for the server and one for wrk'
dotnet build -c Release --nologo -v quiet -clp:NoSummary samples/HelloRio >&2

echo 'transport depth requests/s p50(us) p99(us) user(us) system(us) cpu(us/request)' >&2
for _ in $(seq "$rounds"); do
  for transport in $transports; do
    start_server "$transport"
    for depth in $depths; do
      measure_transport "$transport" "$depth"
    done
    stop_server
  done
done

echo "Medians of $rounds rounds of $measure s after $warmup s of warm-up, $connections connections, server on one core."
echo
echo '| depth | transport | requests/s | p50 µs | p99 µs | user µs | system µs | CPU µs per request (least to most) | of Sockets |'
echo '| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |'
for depth in $depths; do
  for transport in $transports; do
    awk -v transport="$transport" -v depth="$depth" '
      function median(column, of,    values, n, i, j, swap) {
        n = 0
        for (i = 1; i <= rows; i++) if (name[i] == of) values[++n] = cell[i, column]
        for (i = 2; i <= n; i++) for (j = i; j > 1 && values[j - 1] > values[j]; j--) {
          swap = values[j]; values[j] = values[j - 1]; values[j - 1] = swap
        }
        least = values[1]; most = values[n]
        return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2
      }
      $2 == depth { name[++rows] = $1; for (i = 3; i <= 8; i++) cell[rows, i] = $i + 0 }
      END {
        sockets = median(8, "sockets"); cpu = median(8, transport)
        range = sprintf("%.2f (%.2f to %.2f)", cpu, least, most)
        printf "| %s | %s | %.0f | %.0f | %.0f | %.2f | %.2f | %s | %.2f |\n", depth, transport, median(3, transport),
          median(4, transport), median(5, transport), median(6, transport), median(7, transport), range, cpu / sockets
      }' "$scratch/measurements"
  done
done
