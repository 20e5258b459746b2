#!/usr/bin/env bash
# What a good client feels while 4,000 hostile ones are connected (slowhttptest: slow headers, slow bodies, ranges, slow readers), with
# this transport in each scheduling mode and with Sockets, one after the other. Prints a Markdown table. Loopback only; about 8 minutes.
#   perf/hostile-clients.sh > table.md
# By environment: CONNECTIONS, SECONDS_EACH (of an attack), ROWS, PORT.
set -euo pipefail
cd "$(dirname "$0")/.."

connections=${CONNECTIONS:-4000}
attack_seconds=${SECONDS_EACH:-16}
rows=${ROWS:-sockets rio-threadpool rio-inline rio-adaptive}
port=${PORT:-5490}
url=http://127.0.0.1:$port
server_program=perf/PlatformBenchmarks/bin/Release/net10.0/PlatformBenchmarks

command -v slowhttptest >/dev/null || { echo 'Missing: slowhttptest (Debian: apt-get install slowhttptest).' >&2; exit 1; }
command -v wrk >/dev/null || { echo 'Missing: wrk (perf/install-tools.sh).' >&2; exit 1; }
ulimit -n $((connections * 2 + 1000)) 2>/dev/null || [ "$(ulimit -n)" -ge $((connections * 2 + 1000)) ] \
  || { echo "$((connections * 2 + 1000)) open files are needed." >&2; exit 1; }
dotnet build -c Release --nologo -v quiet -clp:NoSummary perf/PlatformBenchmarks >&2

server='' attacker=''
stop() {
  [ -z "$attacker" ] || kill "$attacker" 2>/dev/null || true
  [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; } || true
  server='' attacker=''
}
trap stop EXIT

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$server/status"; }

descriptors() { find "/proc/$server/fd" -mindepth 1 -maxdepth 1 | wc -l; }

# requests/s, p99 and errors of eight connections that behave.
good_client() {
  wrk -t1 -c8 -d"$1"s --latency "$url/plaintext" | awk '
    / 99%/ { p99 = $2 } /Requests\/sec/ { rate = $2 } /Socket errors/ { errors = $4 + $6 + $8 + $10 } /Non-2xx/ { errors += $NF }
    END { printf "%d | %s | %d", rate, p99, errors }'
}

attack() {
  local mode=$1
  local arguments=(-c "$connections" -r "$connections" -l "$attack_seconds" -p 3)
  case $mode in
    'slow headers') arguments+=(-H -i 2 -u "$url/plaintext") ;;
    'slow bodies') arguments+=(-B -i 2 -s 65536 -u "$url/upload") ;;
    'ranges') arguments+=(-R -a 5 -b 2000 -t GET -u "$url/bytes/65536") ;;
    'slow readers') arguments+=(-X -n 1 -z 16 -w 256 -y 512 -u "$url/bytes/1048576") ;;
  esac
  slowhttptest "${arguments[@]}" >/dev/null 2>&1 </dev/null &
  attacker=$!
}

echo "| row | attack | requests/s of the good | p99 | errors | hostile connections held | KiB for each |"
echo "| --- | --- | ---: | ---: | ---: | ---: | ---: |"
for row in $rows; do
  scheduling=${row#rio-}
  [ "$row" = sockets ] && scheduling=threadpool
  "$server_program" --transport "${row%%-*}" --scheduling "$scheduling" --urls "$url" >/dev/null 2>&1 </dev/null &
  server=$!
  for _ in $(seq 100); do curl -sf -o /dev/null "$url/plaintext" && break; sleep 0.1; done
  good_client 8 >/dev/null
  echo "| $row | none | $(good_client 5) | 0 | – |"
  for mode in 'slow headers' 'slow bodies' 'ranges' 'slow readers'; do
    before=$(resident) open=$(descriptors)
    attack "$mode"
    sleep 5
    held=$(($(descriptors) - open))
    grown=$(($(resident) - before))
    echo "| $row | $mode | $(good_client 5) | $held | $([ "$held" -gt 0 ] && awk -v g="$grown" -v h="$held" 'BEGIN { printf "%.1f", g / h }' || echo –) |"
    wait "$attacker" 2>/dev/null || true
    attacker=''
    for _ in $(seq 300); do [ $(($(descriptors) - open)) -le 16 ] && break; sleep 0.1; done
    [ $(($(descriptors) - open)) -le 16 ] || { echo "PROBLEM: $(($(descriptors) - open)) descriptors were left by $row after $mode" >&2; exit 1; }
  done
  stop
done
