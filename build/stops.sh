#!/usr/bin/env bash
# Starts a Kestrel, sets 60 clients on it that follow random scripts, and stops it in the middle: 500 times on Sockets and in each
# scheduling mode, with the verifier between transport and provider. They take turns of up to 50 stops, at the same moments of the same
# scripts, for what else the machine does to concern all of them. Ends with 0 when no byte was wrong, nothing was left after any stop,
# and a stop took as long as on Sockets, or 100 ms longer at most (by the median of the turns' medians).
#   build/stops.sh [STOPS [other arguments of test/Kestrel.Transport.Rio.Torture]]
# By environment: SEED, in place of --seed.
set -euo pipefail
cd "$(dirname "$0")/.."

stops=${1:-500}
seed=${SEED:-$RANDOM}
most_in_a_turn=50
allowed_milliseconds=100
project=test/Kestrel.Transport.Rio.Torture
[ "$stops" -ge 1 ] || { echo "One stop at least." >&2; exit 2; }
dotnet build -c Release --nologo -v quiet -clp:NoSummary "$project" >&2

declare -A times=()
run() {
  local name=$1 count=$2 said
  said=$("$project/bin/Release/net10.0/Kestrel.Transport.Rio.Torture" --stops "$count" --clients 60 "${@:3}" | tee /dev/stderr)
  [[ $said =~ 'a stop took '([0-9]+)' ms' ]] || { echo "PROBLEM: nothing says how long a stop took on $name" >&2; exit 1; }
  times[$name]+=${BASH_REMATCH[1]}$'\n'
}

middle() {
  sort -n <<<"${times[$1]%$'\n'}" | awk '{ all[NR] = $1 } END { printf "%d", (all[int((NR + 1) / 2)] + all[int(NR / 2) + 1]) / 2 }'
}

for ((left = stops; left > 0; left -= most_in_a_turn)); do
  count=$((left < most_in_a_turn ? left : most_in_a_turn))
  scripts=$((seed + stops - left))
  run Sockets "$count" --transport Sockets --seed "$scripts" "${@:2}"
  for scheduling in Adaptive ThreadPool Inline; do
    run "$scheduling" "$count" --scheduling "$scheduling" --seed "$scripts" "${@:2}"
  done
done

result=0
for scheduling in Adaptive ThreadPool Inline; do
  echo "$scheduling: $stops stops, $(middle "$scheduling") ms each; Sockets $(middle Sockets) ms"
  if [ "$(middle "$scheduling")" -gt $(($(middle Sockets) + allowed_milliseconds)) ]; then
    echo "PROBLEM: with $scheduling a stop takes more than $allowed_milliseconds ms longer than on Sockets" >&2
    result=1
  fi
done
exit "$result"
