#!/usr/bin/env bash
# What a good client feels while hostile ones are connected, with this transport in each scheduling mode and with Sockets, one after the
# other: 4,000 of slowhttptest (slow headers, slow bodies, ranges, slow readers), 4,000 that never speak, and 64 that send single bytes,
# half requests with a reset, or HTTP/2 streams that they cancel at once, so many a second. The server has one core, all clients the other,
# the good one first, so that it is the server that lets it wait. The good one sends so many requests a second, the same for every row,
# and does not wait for answers with the next: one that sends when it is answered would press a faster server harder, and would leave out
# what it should have sent while it waited. Prints a Markdown table.
# Loopback only; about 15 minutes.
#   perf/hostile-clients.sh > table.md
# By environment: GOOD_RATE (requests/s of the good client), CONNECTIONS, FLOOD (the 64), BYTES_RATE, RESETS_RATE and STREAMS_RATE (a second), SECONDS_EACH (of an attack, 21 at least), ROWS, ATTACKS
# (with commas in between), PORT (and the next one).
set -euo pipefail
cd "$(dirname "$0")/.."

connections=${CONNECTIONS:-4000}
flood=${FLOOD:-64}
attack_seconds=${SECONDS_EACH:-23}
good_rate=${GOOD_RATE:-4000}
rows=${ROWS:-sockets rio-threadpool rio-inline rio-adaptive}
IFS=, read -ra attacks <<< "${ATTACKS:-slow headers,slow bodies,ranges,slow readers,silence,single bytes,resets,rapid resets}"
port=${PORT:-5490}
url=http://127.0.0.1:$port
server_program=perf/PlatformBenchmarks/bin/Release/net10.0/PlatformBenchmarks
flood_program=perf/ConnectionLoad/bin/Release/net10.0/ConnectionLoad

command -v slowhttptest >/dev/null || { echo 'Missing: slowhttptest (Debian: apt-get install slowhttptest).' >&2; exit 1; }
[ "$(nproc)" -ge 2 ] || { echo 'Two processors are needed: one for the server, one for the clients.' >&2; exit 1; }
command -v h2load >/dev/null || { echo 'Missing: h2load (build/install.sh load).' >&2; exit 1; }
ulimit -n $((connections * 2 + 1000)) 2>/dev/null || [ "$(ulimit -n)" -ge $((connections * 2 + 1000)) ] \
  || { echo "$((connections * 2 + 1000)) open files are needed." >&2; exit 1; }
for project in PlatformBenchmarks ConnectionLoad; do
  dotnet build -c Release --nologo -v quiet -clp:NoSummary "perf/$project" >&2
done

log=$(mktemp) good_log=$(mktemp -u) good_output=$(mktemp)
server='' attacker=''
stop() {
  [ -z "$attacker" ] || kill "$attacker" 2>/dev/null || true
  [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; } || true
  server='' attacker=''
}
trap 'stop; rm -f "$log" "$good_log" "$good_output"' EXIT

resident() { awk '/^VmRSS/ { print $2 }' "/proc/$server/status"; }

descriptors() { find "/proc/$server/fd" -mindepth 1 -maxdepth 1 | wc -l; }

# Of eight connections that behave: answers/s, p50, p99, the longest, and requests that failed or had another answer; those that are under
# way at the end are none of them. Each sends up to 64 ahead.
good_client() {
  taskset -c 1 h2load --h1 -t1 -c8 -m64 --rps "$((good_rate / 8))" -D "$1" --log-file="$good_log" "$url/plaintext" >"$good_output" </dev/null
  awk -v seconds="$1" '
    function at(part) { rank = int(part * answered + 0.999999); return sprintf("%.2f ms", times[rank < 1 ? 1 : rank] / 1000) }
    FILENAME == ARGV[1] { if ($2 == 200) times[++answered] = $3; next }
    /^requests:/ { succeeded = $8; failed = $10 + $12 + $14 }
    /^status codes:/ { failed += succeeded - $3 }
    END { printf "%d | %s | %s | %s | %d", answered / seconds, at(0.5), at(0.99), at(1), failed }
  ' <(sort -n -k3,3 "$good_log") "$good_output"
  rm -f "$good_log"
}

attack() {
  case $1 in
    'slow headers') slowly -H -i 2 -u "$url/plaintext" ;;
    'slow bodies') slowly -B -i 2 -s 65536 -u "$url/upload" ;;
    'ranges') slowly -R -a 5 -b 2000 -t GET -u "$url/bytes/65536" ;;
    'slow readers') slowly -X -n 1 -z 16 -w 256 -y 512 -u "$url/bytes/1048576" ;;
    'silence') flood Silence "$port" "$connections" ;;
    'single bytes') flood Bytes "$port" "$flood" --rate "${BYTES_RATE:-20000}" ;;
    'resets') flood Resets "$port" "$flood" --rate "${RESETS_RATE:-4000}" ;;
    'rapid resets') flood RapidResets $((port + 1)) "$flood" --rate "${STREAMS_RATE:-20000}" ;;
    *) echo "No such attack: '$1'." >&2; exit 1 ;;
  esac
}

# Seconds. What slow readers have asked for fills the buffers of the kernel first, some gigabytes, and until that is done no transport has
# time for anybody.
until_set_up() { [ "$1" = 'slow readers' ] && echo 10 || echo 5; }

slowly() {
  taskset -c 1 nice -n 10 slowhttptest -c "$connections" -r "$connections" -l "$attack_seconds" -p 3 "$@" >/dev/null 2>&1 </dev/null &
  attacker=$!
}

flood() {
  taskset -c 1 nice -n 10 "$flood_program" flood --kind "$1" --port "$2" --connections "$3" --for "$attack_seconds" "${@:4}" >&2 </dev/null &
  attacker=$!
}

echo "| row | attack | answers/s to the good | p50 | p99 | longest | errors | hostile connections held | KiB for each |"
echo "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
for row in $rows; do
  scheduling=${row#rio-}
  [ "$row" = sockets ] && scheduling=threadpool
  taskset -c 0 "$server_program" --transport "${row%%-*}" --scheduling "$scheduling" --urls "$url" --http2 $((port + 1)) >"$log" 2>&1 </dev/null &
  server=$!
  for _ in $(seq 100); do curl -sf -o /dev/null "$url/plaintext" && break; sleep 0.1; done
  good_client 20 >/dev/null
  echo "| $row | none | $(good_client 10) | 0 | – |"
  for mode in "${attacks[@]}"; do
    before=$(resident) open=$(descriptors)
    attack "$mode"
    sleep "$(until_set_up "$mode")"
    held=$(($(descriptors) - open))
    grown=$(($(resident) - before))
    echo "| $row | $mode | $(good_client 10) | $held | $([ "$held" -ge 1000 ] && awk -v g="$grown" -v h="$held" 'BEGIN { printf "%.1f", g / h }' || echo –) |"
    wait "$attacker" 2>/dev/null || true
    attacker=''
    kill -0 "$server" 2>/dev/null || { echo "PROBLEM: the server of $row has ended during $mode:" >&2; tail -5 "$log" >&2; exit 1; }
    for _ in $(seq 300); do [ $(($(descriptors) - open)) -le 16 ] && break; sleep 0.1; done
    [ $(($(descriptors) - open)) -le 16 ] || { echo "PROBLEM: $(($(descriptors) - open)) descriptors were left by $row after $mode" >&2; exit 1; }
  done
  stop
done
