#!/usr/bin/env bash
# What it costs that a poller can be taken over: Adaptive against Inline, on every kind of work whose handlers do not block. The two are
# servers in one process, with the same compiled code and the same heap, measured in turn: two processes of one program differ by more than
# what is looked for. Of each pair of runs, one right after the other, the ratio; of these the median, what the true one is known to lie in (in 95 of
# 100 cases, by their order alone), and whether that is within 3 %. The server has one core and the load the other, but where both are
# shared. Processes differ even in what the one server costs against the other, so there are some, and in each second one the two servers
# change places. Prints a Markdown table, and fails when a request has.
# Loopback only; about 25 minutes.
#   perf/adaptive-against-inline.sh > table.md
# By environment: PROCESSES, PAIRS, LONG_PAIRS and LONGEST_PAIRS (of all processes together; of works that are measured for 1 s and 6 s at
# a time; 6 at least), WARM_UP (seconds for each server), ONLY (a pattern that names have to match), FIRST and SECOND (other modes, or the
# same one twice, which shows what the method itself makes of nothing), PORT (and the next five).
set -euo pipefail
cd "$(dirname "$0")/.."

# Short runs, many of them: of plaintext, by 20 pairs of a second each the median was known to 6 %, by 60 of a quarter of one to 1 %.
pairs=${PAIRS:-60}
short_time=250ms
processes=${PROCESSES:-4}
warm_up=${WARM_UP:-12}
only=${ONLY:-}
modes=("${FIRST:-inline}" "${SECOND:-adaptive}")
port=${PORT:-5470}
long_time=1s
long_pairs=${LONG_PAIRS:-$((pairs < 24 ? pairs : 24))}
longest_time=6s
longest_pairs=${LONGEST_PAIRS:-$((pairs < 8 ? pairs : 8))}
allowed=1.03
# By process: which of the modes the first server has. Where a measured server's number meets it they are the same one's.
swapped=0
server_program=perf/PlatformBenchmarks/bin/Release/net10.0/PlatformBenchmarks

[ "$(nproc)" -ge 2 ] || { echo 'Two processors are needed: one for the server, one for the clients.' >&2; exit 1; }
for tool in wrk h2load; do
  command -v "$tool" >/dev/null || { echo "Missing: $tool (build/install.sh load)." >&2; exit 1; }
done
dotnet build -c Release --nologo -v quiet -clp:NoSummary perf/PlatformBenchmarks >&2

work=$(mktemp -d)
head -c 1048576 /dev/zero >"$work/upload"
server=''
stop() {
  [ -z "$server" ] || { kill "$server" 2>/dev/null; wait "$server" 2>/dev/null; } || true
  server=''
}

# What fails is seen by a load, and the reason is the server's to tell.
end() {
  local result=$?
  [ "$result" -eq 0 ] || [ ! -s "$work/server" ] || {
    if kill -0 "$server" 2>/dev/null; then echo 'PROBLEM: the servers live, and have said:'; else echo 'PROBLEM: the servers have ended, and said:'; fi
    cat "$work/server"
  } >&2
  stop
  rm -rf "$work"
}
trap end EXIT

# start SERVER-CORES LOAD-CORES
start() {
  local which
  stop
  load_cores=$2

  # Here and not with the server, which may come to it later than who waits for the word in it: that of the server before is still there.
  : >"$work/server"
  taskset -c "$1" "$server_program" --scheduling "${modes[swapped]}" --second "${modes[1 - swapped]}" --http2 $((port + 4)) \
    --urls "http://127.0.0.1:$port;https://127.0.0.1:$((port + 2))" >>"$work/server" 2>&1 </dev/null &
  server=$!
  timeout 30 bash -c "until grep -qx ready '$work/server'; do kill -0 $server || exit 1; sleep 0.1; done" \
    || { echo 'PROBLEM: the servers have not started.' >&2; exit 1; }
  # In turn, as they are measured: what is compiled late is then compiled for both.
  for _ in $(seq $((warm_up / 2))); do
    for which in 0 1; do
      wrk_load "$which" 2s /plaintext 64 >/dev/null
    done
  done
}

# A load on one of the two servers prints: requests, errors, requests a second, p50 and p99 in microseconds.

# wrk_load WHICH TIME PATH CONNECTIONS [ARGUMENTS OF wrk.lua]
wrk_load() {
  local said
  said=$(taskset -c "$load_cores" wrk -t1 -c"$4" -d"$2" --timeout 60s -s perf/LoadDriver/wrk.lua "http://127.0.0.1:$((port + $1))$3" -- "${@:5}" </dev/null)
  awk '/^figures / {
    for (i = 2; i <= NF; i++) { split($i, part, "="); value[part[1]] = part[2] }
    print value["requests"], value["connect"] + value["read"] + value["write"] + value["status"] + value["timeout"], value["rate"], value["p50"], value["p99"]
  }' <<<"$said"
}

# http_load, https_load, http2_load WHICH TIME PATH CONNECTIONS [ARGUMENTS OF h2load]
http_load() { h2load_at "http://127.0.0.1:$((port + $1))$3" "$2" "$4" --h1 "${@:5}"; }

https_load() { h2load_at "https://127.0.0.1:$((port + 2 + $1))$3" "$2" "$4" --h1 "${@:5}"; }

http2_load() { h2load_at "http://127.0.0.1:$((port + 4 + $1))$3" "$2" "$4" "${@:5}"; }

h2load_at() {
  taskset -c "$load_cores" h2load -t1 -c"$3" -D"$2" --log-file="$work/log" "${@:4}" "$1" >"$work/h2load" </dev/null
  awk -v duration="$2" '
    # The times are whole microseconds, of which a lone connection has 30: those of one value are taken to lie evenly up to the next.
    function at(part,   rank, first, last) {
      rank = int(part * answered + 0.999999)
      for (first = rank; first > 1 && times[first - 1] == times[rank];) first--
      for (last = rank; last < answered && times[last + 1] == times[rank];) last++
      return times[rank] + (part * answered - first + 1) / (last - first + 1)
    }
    FILENAME == ARGV[1] { if ($2 == 200) times[++answered] = $3; next }
    /^requests:/ { succeeded = $8; failed = $10 + $12 + $14 }
    END { print succeeded, failed, succeeded / (duration ~ /ms/ ? duration / 1000 : duration + 0), at(0.5), at(0.99) }
  ' <(sort -n -k3,3 "$work/log") "$work/h2load"
  rm -f "$work/log"
}

# Of each thread, in nanoseconds. One may end while they are read.
processor_times() { { grep -Hs . /proc/"$server"/task/*/schedstat || true; } | awk -F'[/: ]' '{ print $5, $7 }'; }

# The connections of the run before belong to none after it; and where 10,000 that go and 10,000 that come meet the limit of descriptors,
# .NET aborts as soon as it starts a thread, for which it needs two.
rest() {
  timeout 30 bash -c "while [ \$(ls /proc/$server/fd | wc -l) -gt 1000 ]; do sleep 0.1; done" \
    || { echo 'PROBLEM: the servers keep the connections of the run before.' >&2; exit 1; }
}

# measure WHICH TIME LOAD...: CPU in microseconds per request, requests a second, p50 and p99.
measure() {
  local before said
  while :; do
    rest
    before=$(processor_times)
    said=$("$3" "$1" "$2" "${@:4}")
    awk -v said="$said" '
      BEGIN { split(said, figure, " ") }
      NR == FNR { before[$1] = $2; next }
      { spent += $2 - before[$1]; delete before[$1] }
      END {
        if (figure[1] == 0 || figure[2] != 0) { print "PROBLEM: requests, errors, rate, p50, p99: " said > "/dev/stderr"; exit 1 }
        # A thread that has ended took its time with it.
        for (thread in before) exit 2
        print spent / 1000 / figure[1], figure[3], figure[4], figure[5]
      }' <(echo "$before") <(processor_times) && return
    [ $? -eq 2 ] || exit 1
  done
}

# compare NAME FIGURES PAIRS TIME LOAD...: adds this process's share of the pairs; figures are of cpu, rate, p50, p99.
compare() {
  local name=$1 figures=$2 row which pair first
  [[ $name =~ $only ]] || return 0
  row="$work/rows/$((++row_number))"
  printf '%s\n' "$name" "$figures" >"$row.name"
  for which in 0 1 0 1; do
    measure "$which" "${@:4}" >/dev/null
  done
  for pair in $(seq $((($3 + processes - 1) / processes))); do
    first=$((pair % 2))
    measure "$first" "${@:4}" >>"$row.$((first ^ swapped))"
    measure $((1 - first)) "${@:4}" >>"$row.$(((1 - first) ^ swapped))"
  done
}

print_row() {
  local name figures figure
  { read -r name; read -r figures; } <"$1.name"
  for figure in $figures; do
    paste -d ' ' "$1.0" "$1.1" | summary "$name" "$figure"
  done
}

# The interval by the order of the ratios: the true median lies outside of the k-th least and the k-th most with twice the chance that
# fewer than k of so many coins fall on one side.
summary() {
  awk -v figure="$2" 'BEGIN { split("cpu rate p50 p99", names, " "); for (i in names) if (names[i] == figure) column = i }
    { print $(column + 4) / $column, $column }' | sort -g | awk -v name="$1" -v figure="$2" -v allowed="$allowed" '
    BEGIN { label["cpu"] = "CPU per request, µs"; label["rate"] = "requests/s"; label["p50"] = "p50, µs"; label["p99"] = "p99, µs" }
    function median(values, n) { return n % 2 ? values[(n + 1) / 2] : (values[n / 2] + values[n / 2 + 1]) / 2 }
    function sorted_median(values, n,   i, j, held) {
      for (i = 2; i <= n; i++) { held = values[i]; for (j = i - 1; j >= 1 && values[j] > held; j--) values[j + 1] = values[j]; values[j + 1] = held }
      return median(values, n)
    }
    { ratio[++n] = $1; base[n] = $2 }
    END {
      chance = 0.5 ^ n; total = chance
      for (k = 1; 2 * total <= 0.05 && k <= n / 2; k++) { chance *= (n - k + 1) / k; total += chance }
      k--
      low = ratio[k]; high = ratio[n + 1 - k]; worst = high; best = low
      if (figure == "rate") { worst = 1 / low; best = 1 / high }
      verdict = worst <= allowed ? "yes" : best > allowed ? "**no**" : "undecided"
      middle = sorted_median(base, n)
      printf "| %s | %s | %d | %s | %.3f | %.3f to %.3f | %s |\n", name, label[figure], n, sprintf(middle < 1000 ? "%.2f" : "%d", middle), median(ratio, n), low, high, verdict
    }'
}

quick=("$pairs" "$short_time")
slow=("$long_pairs" "$long_time")
longest=("$longest_pairs" "$longest_time")
mkdir "$work/rows"
for process in $(seq "$processes"); do
  swapped=$(((process - 1) % 2))
  row_number=0
  start 0 1
  compare 'plaintext, 64 connections' cpu "${quick[@]}" http_load /plaintext 64
  compare 'plaintext, 64 connections, 16 requests in a write' cpu "${quick[@]}" http_load /plaintext 64 -m16
  compare 'the same, 256 connections' cpu "${quick[@]}" http_load /plaintext 256 -m16
  compare 'JSON, 64 connections' cpu "${quick[@]}" http_load /json 64
  compare 'JSON, 256 connections' cpu "${quick[@]}" http_load /json 256
  compare 'JSON, 512 connections' cpu "${quick[@]}" http_load /json 512
  compare 'a handler that awaits, 64 connections' cpu "${quick[@]}" http_load /async 64
  compare 'one connection' 'p50 cpu' "${quick[@]}" http_load /plaintext 1
  compare '256 connections, 30,000 requests/s' 'p99 cpu' "${quick[@]}" http_load /plaintext 256 --rps 117
  compare 'download of 1 MiB bodies' cpu "${quick[@]}" http_load /bytes/1048576 16
  compare 'upload of 1 MiB bodies' cpu "${quick[@]}" http_load /upload 16 -d "$work/upload"
  compare 'HTTPS, 64 connections' cpu "${quick[@]}" https_load /plaintext 64
  compare 'HTTP/2, 64 connections of 16 streams' cpu "${quick[@]}" http2_load /plaintext 64 -m16
  compare 'connect, one request, close' cpu "${slow[@]}" wrk_load /plaintext 64 close
  compare '1,024 busy connections' 'cpu rate' "${slow[@]}" wrk_load /plaintext 1024
  compare '10,000 busy connections' rate "${longest[@]}" wrk_load /plaintext 10000
  start 0,1 0,1
  compare '256 connections, the load on the same two cores' 'rate cpu' "${quick[@]}" http_load /plaintext 256
  compare 'one connection, the load on the same two cores' 'p50 cpu' "${quick[@]}" http_load /plaintext 1
  printf '%s of %s processes are done.\n' "$process" "$processes" >&2
done
stop

echo "| work | figure | pairs | \`${modes[0]}\` | \`${modes[1]}\` / \`${modes[0]}\` | known to be in | within 3 % |"
echo '| --- | --- | ---: | ---: | ---: | --- | --- |'
for row in $(seq "$row_number"); do
  print_row "$work/rows/$row"
done
