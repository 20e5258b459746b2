#!/usr/bin/env bash
# Starts a Kestrel, sets 60 clients on it that follow random scripts, and stops it in the middle: 500 times on Sockets and in each
# scheduling mode, with the verifier between transport and provider. They take turns of up to 50 stops, at the same moments of the same
# scripts, for what else the machine does to concern all of them. Ends with 0 when no byte was wrong, nothing was left after any stop,
# and a stop took as long as on Sockets, or 100 ms longer at most: by the median of the differences between stops at the same moment of the
# same script, since one that waits for a request takes all of the timeout and another one next to nothing; and with 100 stops and more by
# the 95th percentile too.
#   build/soak.sh stops [STOPS [ARGS]]
set -euo pipefail
cd "$(dirname "$0")/../.."

program=$1
shift
stops=${1:-500}
seed=${SEED:-$RANDOM}
most_in_a_turn=50
allowed_milliseconds=100
fewest_for_p95=100
[ "$stops" -ge 1 ] || { echo "One stop at least." >&2; exit 2; }

declare -A times=()
run() {
  local name=$1 count=$2 said
  said=$("$program" --stops "$count" --clients 60 "${@:3}" | tee >(cat >&2))
  [[ $said =~ 'milliseconds: '([0-9 ]+) ]] || { echo "PROBLEM: nothing says how long a stop took on $name" >&2; exit 1; }
  times[$name]+="${BASH_REMATCH[1]} "
}

# The time that so many percent of a row's stops did not exceed.
percentile() {
  tr ' ' '\n' <<<"${times[$1]}" | grep . | sort -n | awk -v part="$2" '{ all[NR] = $1 } END { rank = int((NR * part + 99) / 100); print all[rank] }'
}

figures() {
  echo "$1: $stops stops, p50 $(percentile "$1" 50) ms, p95 $(percentile "$1" 95) ms, longest $(percentile "$1" 100) ms"
}

# The median of what a row's stops took longer than those of Sockets, in pairs.
longer_than_sockets() {
  paste -d' ' <(tr ' ' '\n' <<<"${times[$1]}" | grep .) <(tr ' ' '\n' <<<"${times[Sockets]}" | grep .) | awk '{ print $1 - $2 }' | sort -n \
    | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'
}

result=0
problem() {
  echo "PROBLEM: with $1 a stop takes more than $allowed_milliseconds ms longer than on Sockets ($2)" >&2
  result=1
}

for ((left = stops; left > 0; left -= most_in_a_turn)); do
  count=$((left < most_in_a_turn ? left : most_in_a_turn))
  scripts=$((seed + stops - left))
  run Sockets "$count" --transport Sockets --seed "$scripts" "${@:2}"
  for scheduling in Adaptive ThreadPool Inline; do
    run "$scheduling" "$count" --scheduling "$scheduling" --seed "$scripts" "${@:2}"
  done
done

figures Sockets
for scheduling in Adaptive ThreadPool Inline; do
  figures "$scheduling"
  longer=$(longer_than_sockets "$scheduling")
  echo "$scheduling: $longer ms longer than on Sockets, by the median of the pairs"
  [ "$longer" -le "$allowed_milliseconds" ] || problem "$scheduling" "the median of the pairs"
  if [ "$stops" -ge "$fewest_for_p95" ] \
    && [ "$(percentile "$scheduling" 95)" -gt $(($(percentile Sockets 95) + allowed_milliseconds)) ]; then
    problem "$scheduling" p95
  fi
done
exit "$result"
